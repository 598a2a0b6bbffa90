"""The bots of a company file: what they prove themselves with is checked as far as it can be without asking Entra."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bot.problems import BadCompanyFile
from bot.provision.company_file import BotPart, SecretRef
from bot.provision.differences import SQL, Differences, Earlier
from bot.teams.identity import BotIdentity, BotKind
from calls.store.database import Database


async def apply_bots(
    differences: Differences,
    database: Database,
    earlier: Earlier,
    parts: Sequence[BotPart],
    secret: Callable[[SecretRef], str],
) -> None:
    """``earlier`` knows the present file too. Raises BadCompanyFile."""
    unit = differences.unit
    for part in parts:
        what = f"bot {part.app_id}"
        identity = _identity(part, secret)
        row = await unit.sql.fetchrow(SQL["read_bot"], part.app_id)
        if row is None and await database.tenant_of_bot(part.app_id) is not None:
            raise BadCompanyFile(f"{what}: it is another tenant's; a bot is in one file alone")
        known = row and (
            row["kind"],
            row["home_tenant"],
            differences.opened("bot secret", row["secret_sealed"]),
            differences.opened("bot certificate", row["certificate_sealed"]),
            row["managed_identity"],
        )
        wanted = (part.kind, part.home_tenant, identity.secret, identity.certificate, part.managed_identity)
        changed = row is not None and known != wanted
        stale = row is not None and differences.is_stale(row["secret_sealed"], row["certificate_sealed"])
        if differences.tell(what, new=row is None, changed=changed, stale=stale):
            await unit.sql.execute(
                SQL["write_bot"],
                unit.tenant_id,
                part.app_id,
                part.kind,
                part.home_tenant,
                differences.sealed("bot secret", identity.secret),
                differences.sealed("bot certificate", identity.certificate),
                part.managed_identity,
            )
    for row in await unit.sql.fetch(SQL["bots_beside"], [part.app_id for part in parts]):
        users = await earlier.users_of_bot(database, row["app_id"])
        if users:
            raise BadCompanyFile(
                f"bots: {row['app_id']} is not in the file any more, but used by {', '.join(users)}; "
                "apply their files with another bot first"
            )
        await unit.sql.execute(SQL["delete_bot"], row["app_id"])
        differences.tell_gone(f"bot {row['app_id']}")


def _identity(part: BotPart, secret: Callable[[SecretRef], str]) -> BotIdentity:
    identity = BotIdentity(
        app_id=str(part.app_id),
        home_tenant=str(part.home_tenant),
        kind=BotKind(part.kind),
        secret=secret(part.secret) if part.secret else None,
        certificate=secret(part.certificate) if part.certificate else None,
        managed_identity=str(part.managed_identity) if part.managed_identity else None,
    )
    try:
        identity.check()
        if identity.certificate is not None:
            _check_certificate(identity.certificate)
    except ValueError as error:
        raise BadCompanyFile(f"bot {part.app_id}: {str(error).removeprefix('bot identity: ')}") from None
    if identity.managed_identity is not None and identity.kind is not BotKind.FEDERATED:
        raise BadCompanyFile(
            f"bot {part.app_id}: managed_identity is for the kind federated; for user_assigned_msi it is the app_id"
        )
    return identity


def _check_certificate(pem: str) -> None:
    """Raises ValueError where the two halves are not both there or do not belong together."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
        certificate = x509.load_pem_x509_certificate(pem.encode())
    except (ValueError, TypeError):  # the latter for a key with a password
        raise ValueError(
            "certificate wants a PEM file that holds a private key without password, and its certificate"
        ) from None
    if key.public_key() != certificate.public_key():
        raise ValueError("certificate: the private key in the file is not that of the certificate")
