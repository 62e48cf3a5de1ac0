"""The JSON of CONTRACTS section 6, one file per shape. Values of the engine go in, dictionaries come out."""
