"""How the networks come to be: simulated scenes, a recipe, weights that anyone can make again."""
