"""One staircase per verb; `run` is the page to read first."""
