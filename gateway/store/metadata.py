"""One list of all tables of gateway.db; each area adds its own in a module named tables.py.

Constraints get predictable names, so that a migration can change them on SQLite as on PostgreSQL.
"""

from sqlalchemy import BigInteger, Integer, MetaData

# SQLite keeps a row at its INTEGER primary key, of 64 bits; PostgreSQL's INTEGER would have 32.
Number = Integer().with_variant(BigInteger(), "postgresql")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
