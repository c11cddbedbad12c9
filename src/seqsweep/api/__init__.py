"""What `import seqsweep` offers, and what the commands are thin over.

`jobs` composes, checks and runs, `side_by_side` several jobs at once in processes of
`job_process`, `frames` takes tables that are in memory, `result` is what a sweep came to, `tables` makes DataFrames of
it, `models` predicts with what a registry holds, `compared` sets sweeps side by side, `asked` answers what needs no
sweep. Nothing is imported before it is asked for: see `seqsweep.__getattr__`.
"""
