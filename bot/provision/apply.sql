-- Provisioning: reading what is there to compare, and writing what differs. Everything inside one tenant.

-- name: read_tenant
SELECT name, language, region, bot_app_id, bot_tenant_id, settings FROM smartcall.tenant

-- name: write_tenant
INSERT INTO smartcall.tenant (tenant_id, name, language, region, bot_app_id, bot_tenant_id, settings)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (tenant_id) DO UPDATE SET
    name = $2, language = $3, region = $4, bot_app_id = $5, bot_tenant_id = $6, settings = $7

-- name: read_bot
SELECT kind, home_tenant, secret_sealed, certificate_sealed, managed_identity FROM smartcall.bot_identity WHERE app_id = $1

-- name: write_bot
INSERT INTO smartcall.bot_identity
    (tenant_id, app_id, kind, home_tenant, secret_sealed, certificate_sealed, managed_identity)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (app_id) DO UPDATE SET
    kind = $3, home_tenant = $4, secret_sealed = $5, certificate_sealed = $6, managed_identity = $7

-- name: bots_beside
SELECT app_id FROM smartcall.bot_identity WHERE app_id <> ALL($1::uuid[]) ORDER BY app_id

-- name: user_of_bot
SELECT name FROM smartcall.tenant WHERE bot_app_id = $1

-- name: delete_bot
DELETE FROM smartcall.bot_identity WHERE app_id = $1

-- name: read_connection
-- Locked: a token that is renewed meanwhile must not be overwritten with the one before it.
SELECT kind, type, name, rank, settings, provider_tenant_id, secrets_sealed, token_sealed, enabled
FROM smartcall.connection WHERE connection_id = $1 FOR UPDATE

-- name: write_connection
INSERT INTO smartcall.connection
    (tenant_id, connection_id, kind, type, name, rank, settings, provider_tenant_id, secrets_sealed, token_sealed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (connection_id) DO UPDATE SET
    kind = $3, type = $4, name = $5, rank = $6, settings = $7, provider_tenant_id = $8, secrets_sealed = $9,
    token_sealed = $10, enabled = true

-- name: switch_off_connections
UPDATE smartcall.connection SET enabled = false, secrets_sealed = $2, token_sealed = NULL
WHERE enabled AND connection_id <> ALL($1::uuid[]) RETURNING kind, name

-- name: read_employee
SELECT name_sealed, email_sealed, language, call_through, active FROM smartcall.employee WHERE employee_id = $1

-- name: write_employee
INSERT INTO smartcall.employee (
    tenant_id, employee_id, entra_object_id, name_sealed, email_sealed, language, call_through
) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (employee_id) DO UPDATE SET
    name_sealed = $4, email_sealed = $5, language = $6, call_through = $7, active = true

-- name: switch_off_employees
UPDATE smartcall.employee SET active = false WHERE active AND employee_id <> ALL($1::uuid[]) RETURNING name_sealed

-- name: read_lines
SELECT number_hash, number_sealed, alias_hash, alias_sealed, call_through FROM smartcall.line WHERE employee_id = $1 ORDER BY rank

-- name: forget_lines
DELETE FROM smartcall.line WHERE employee_id = $1

-- name: write_line
INSERT INTO smartcall.line (tenant_id, employee_id, number_hash, number_sealed, alias_hash, alias_sealed, rank, call_through)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
