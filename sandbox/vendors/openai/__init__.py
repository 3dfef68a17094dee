"""An OpenAI v1 endpoint as Azure has it: deterministic, and clearly not a model."""
