"""The rule language of segments: one tree that emits SQL, a NumPy evaluation, a formula and a sentence."""
