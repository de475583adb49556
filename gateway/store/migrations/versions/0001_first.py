"""The first tables of gateway.db: sessions, charts and records, references, openings, tokens."""

import sqlalchemy as sa
from alembic import op

from gateway.store.metadata import Number

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_token",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("custodian", sa.String(length=32), nullable=False),
        sa.Column("client", sa.String(length=32), nullable=False),
        sa.Column("grant_id", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("patient_id", sa.String(length=64), nullable=False),
        sa.Column("visit", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("user_role", sa.String(length=64), nullable=False),
        sa.Column("token_scopes", sa.Text(), nullable=False),
        sa.Column("assertion", sa.Text(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_access_token")),
    )
    with op.batch_alter_table("access_token", schema=None) as batch_op:
        batch_op.create_index("access_token_expires", ["expires"], unique=False)

    op.create_table(
        "chart",
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sex", sa.String(length=16), nullable=False),
        sa.Column("birth_date", sa.String(length=10), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("identifiers", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("institution", "patient_id", name=op.f("pk_chart")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("chart", schema=None) as batch_op:
        batch_op.create_index("chart_by_identifier", ["institution", "identifier"], unique=False)

    op.create_table(
        "identity_check",
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("document_seen", sa.Boolean(), nullable=False),
        sa.Column("chart_matches", sa.Boolean(), nullable=False),
        sa.Column("person_present", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_identity_check")),
    )
    op.create_table(
        "opening",
        sa.Column("commitment", sa.String(length=43), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("link", sa.String(length=32), nullable=False),
        sa.Column("grantee", sa.String(length=32), nullable=True),
        sa.Column("salt", sa.String(length=43), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("commitment", name=op.f("pk_opening")),
    )
    with op.batch_alter_table("opening", schema=None) as batch_op:
        batch_op.create_index("opening_link", ["link"], unique=False)

    op.create_table(
        "page_cursor",
        sa.Column("cursor_hash", sa.String(length=64), nullable=False),
        sa.Column("custodian", sa.String(length=32), nullable=False),
        sa.Column("client", sa.String(length=32), nullable=False),
        sa.Column("grant_id", sa.String(length=64), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("upper_revision", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("cursor_hash", name=op.f("pk_page_cursor")),
    )
    with op.batch_alter_table("page_cursor", schema=None) as batch_op:
        batch_op.create_index("page_cursor_expires", ["expires"], unique=False)

    op.create_table(
        "patient_link",
        sa.Column("link", sa.String(length=32), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("link", name=op.f("pk_patient_link")),
        sa.UniqueConstraint("institution", "patient_id", "generation", name="patient_link_once"),
    )
    op.create_table(
        "rate_bucket",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("full_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rate_bucket")),
    )
    with op.batch_alter_table("rate_bucket", schema=None) as batch_op:
        batch_op.create_index("ix_rate_bucket_full_at", ["full_at"], unique=False)

    op.create_table(
        "record",
        sa.Column("number", Number, nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.String(length=64), nullable=True),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("source_hash", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_updated", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("low", sa.BigInteger(), nullable=True),
        sa.Column("high", sa.BigInteger(), nullable=True),
        sa.Column("sort_date", sa.BigInteger(), nullable=False),
        sa.Column("own_labels", sa.String(length=255), nullable=False),
        sa.Column("labels", sa.String(length=255), nullable=False),
        sa.Column("json_text", sa.Text(), nullable=False),
        sa.Column("json_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_record")),
        sa.UniqueConstraint("institution", "type", "id", name="record_by_id"),
    )
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.create_index(
            "record_by_patient", ["institution", "patient_id", "type", "sort_date", "id"], unique=False
        )
        batch_op.create_index("record_by_revision", ["revision"], unique=False)

    op.create_table(
        "record_source",
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("patient_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("institution", "source_id", name=op.f("pk_record_source")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reference",
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("type", sa.String(length=8), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("patient_id", sa.String(length=64), nullable=True),
        sa.Column("mode", sa.String(length=8), nullable=True),
        sa.Column("link", sa.String(length=32), nullable=True),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("claimed_key", sa.String(length=43), nullable=True),
        sa.Column("claimed_at", sa.BigInteger(), nullable=True),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.Column("grants", sa.Text(), nullable=True),
        sa.Column("digits_at", sa.BigInteger(), nullable=True),
        sa.Column("accepted_at", sa.BigInteger(), nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("entry", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("stopped_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_reference")),
    )
    with op.batch_alter_table("reference", schema=None) as batch_op:
        batch_op.create_index("reference_last", ["last_at"], unique=False)
        batch_op.create_index("reference_patient", ["institution", "patient_id"], unique=False)

    op.create_table(
        "running_visit",
        sa.Column("grant_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("visit", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("grant_id", "user_id", name=op.f("pk_running_visit")),
    )
    op.create_table(
        "seen_jti",
        sa.Column("client", sa.String(length=32), nullable=False),
        sa.Column("jti", sa.String(length=128), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client", "jti", name=op.f("pk_seen_jti")),
    )
    with op.batch_alter_table("seen_jti", schema=None) as batch_op:
        batch_op.create_index("seen_jti_until", ["until"], unique=False)

    op.create_table(
        "sign_in_failure",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_sign_in_failure")),
    )
    op.create_table(
        "staff_account",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("department", sa.String(length=100), nullable=False),
        sa.Column("role_code", sa.String(length=40), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_account")),
        sa.UniqueConstraint("institution", "user", name=op.f("uq_staff_account_institution_user")),
    )
    op.create_table(
        "wallet_nonce",
        sa.Column("nonce", sa.String(length=43), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("link", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_wallet_nonce")),
    )
    with op.batch_alter_table("wallet_nonce", schema=None) as batch_op:
        batch_op.create_index("wallet_nonce_expires", ["expires_at"], unique=False)

    op.create_table(
        "wallet_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("link", sa.String(length=32), nullable=False),
        sa.Column("kid", sa.String(length=43), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_wallet_session")),
    )
    with op.batch_alter_table("wallet_session", schema=None) as batch_op:
        batch_op.create_index("wallet_session_expires", ["expires_at"], unique=False)

    op.create_table(
        "record_date",
        sa.Column("record", Number, nullable=False),
        sa.Column("param", sa.String(length=32), nullable=False),
        sa.Column("low", sa.BigInteger(), nullable=False),
        sa.Column("high", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record"], ["record.number"], name=op.f("fk_record_date_record_record"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("record", "param", "low", "high", name=op.f("pk_record_date")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "record_reference",
        sa.Column("record", Number, nullable=False),
        sa.Column("param", sa.String(length=32), nullable=False),
        sa.Column("target", sa.String(length=130), nullable=False),
        sa.ForeignKeyConstraint(
            ["record"], ["record.number"], name=op.f("fk_record_reference_record_record"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("record", "param", "target", name=op.f("pk_record_reference")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "record_token",
        sa.Column("record", Number, nullable=False),
        sa.Column("param", sa.String(length=32), nullable=False),
        sa.Column("system", sa.String(length=255), nullable=False),
        sa.Column("code", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["record"], ["record.number"], name=op.f("fk_record_token_record_record"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("record", "param", "system", "code", name=op.f("pk_record_token")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("record_token", schema=None) as batch_op:
        batch_op.create_index(
            "record_token_identifier",
            ["code", "system"],
            unique=False,
            sqlite_where=sa.text("param = 'identifier'"),
            postgresql_where=sa.text("param = 'identifier'"),
        )

    op.create_table(
        "staff_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("staff", sa.String(length=32), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("fresh_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff"], ["staff_account.id"], name=op.f("fk_staff_session_staff_staff_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_session")),
    )
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.create_index("ix_staff_session_staff", ["staff"], unique=False)
