"""Reads or changes the database without Kallithea: database.py URL dump | database.py URL execute STATEMENT

`dump` prints every row of the tables in which apply_settings.py may change something. It does not use Kallithea.
"""
import sys

import sqlalchemy

TABLES = {"settings": "app_settings_id", "users": "user_id", "user_to_perm": "user_to_perm_id"}

url, action = sys.argv[1:3]
with sqlalchemy.create_engine(url).begin() as connection:
    if action == "execute":
        result = connection.execute(sqlalchemy.text(sys.argv[3]))
        for row in result if result.returns_rows else []:
            print(*row, sep="|")
    else:
        for table, key in TABLES.items():
            for row in connection.execute("select * from %s order by %s" % (table, key)):
                print(table, *map(repr, row.items()))
