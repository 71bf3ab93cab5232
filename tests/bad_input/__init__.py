"""Everything that a careless caller can pass, and the error that it gets.

A row says what is called, as ``function(argument)``, with what, which error it gets and what the
message says after the argument's name: what came, and what is wanted. ``test_bad_input.py`` calls
what the rows say.

What a file can have wrong in it is in the tables of test_saved_networks.py, test_model_file.py,
test_datasets.py, test_images.py and test_export_json.py; a module of PyTorch's, in test_torch.py;
the numbers of a network that has diverged, in test_plots.py.
"""
