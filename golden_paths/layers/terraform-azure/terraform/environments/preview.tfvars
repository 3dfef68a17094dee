location = "brazilsouth"
