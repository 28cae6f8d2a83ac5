"""The model-based test: random changes and faults, and what must hold whatever comes between. test_model.py runs it."""
