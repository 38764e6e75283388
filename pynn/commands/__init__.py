"""The subcommands of `pynn`; ../cli.py lists them, parses the command line and determines the exit status.

option_values.py checks the values of options; train_iris.py, train_table.py, use_model.py and write_data.py are the
commands, wording.py formats their reports. They call Network and pynn.tables and print the results.
"""
