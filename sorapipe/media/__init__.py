"""Videos and pictures as files: is it whole, what is in it, stills from it, pictures that fit."""
