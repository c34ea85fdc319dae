"""The ground floor: pure functions on arrays and numbers."""
