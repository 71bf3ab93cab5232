"""How fast the article's network learns and answers, here and in other libraries."""
