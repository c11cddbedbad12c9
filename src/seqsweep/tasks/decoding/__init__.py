"""What tasks share whose answer is a text, said piece by piece; no task by itself.

`table` reads rows with a text each, `split` parts them, `dataset` says what a trial sees of them and decodes what its
network says; `predictions` are texts with what the true ones cost, `metrics` how good they are, `baselines` what one
may know, `network` the decoder, `audit` whether anything leaked, `evaluation` what a test evaluation adds, `predictor`
serves, `requests` asks a packaged model, `sentences`, `sections`, `facts` and `card` say it; `task` is all together.
"""
