"""Networks in the forms of other programs; each form is a module, imported when asked for."""
