"""Lists that come in as spreadsheets: read → match → check → apply, for every kind of list.

`engine` runs the four steps; `matching` finds the agency a name means; `agency_list` and `people` are the kinds of
this app. `procedures.imports` knows all kinds.
"""
