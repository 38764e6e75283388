"""The subcommands of `pynn`; ../cli.py lists them, parses the command line and determines the exit status.

option_values.py checks the values of options; train_iris.py, train_table.py, use_model.py and write_data.py are the
commands. row_split.py, watching_epochs.py and importance.py are parts of a training, scores.py has what it is judged
by, train_report.py and wording.py what is printed. They call Network and pynn.tables.
"""
