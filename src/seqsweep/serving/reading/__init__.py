"""How raw columns become a series: the same in training, which settles what is open, and in service, which follows it.

`reader` is the whole way; `numbers`, `categories`, `filters` and `times` read one column after the other; `order`,
`steps` and `missing` put the rows of one series in order, join them and complete them.
"""
