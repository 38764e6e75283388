"""What the subcommands of `pynn` do; ../cli.py lists them, reads the command line and answers for the exit status.

option_values.py has kinds of values for options; train_iris.py, train_table.py, use_model.py and write_data.py are the
commands, wording.py lays their reports out. They call Network and pynn.tables and print; they compute nothing of
their own.
"""
