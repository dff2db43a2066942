"""MariaDB and MySQL databases as a source."""

from connectors.live.source import LiveSource
from connectors.live.tables import OPTIONS

SOURCE = LiveSource(
    schemes=("mysql", "mariadb"),
    title="MariaDB or MySQL database",
    example="'outbox=mysql://ro@db/shop?table=outbox'",
    rights="`SELECT` on the tables; for a history `PROCESS`, to see open transactions; for the"
    " binary log `BINLOG MONITOR` and `REPLICATION SLAVE`",
    leaves="nothing: read-only transactions that wait for nobody; of the binary log a line in the"
    " server's error log",
    options={
        **OPTIONS,
        "binlog": "read the binary log from here: `oldest`, or a file and a position in it"
        " (`bin.000042:4`)",
        "statement_timeout": "seconds after which the server gives up a statement; default 300",
    },
    secrets={"password": ("MYSQL_PWD",)},
    module="connectors.mysql.connector",
    extra="mysql",
    library="pymysql",
)
