-- Reading a tenant's own things; row-level security adds the tenant to every question.

-- name: read_tenant
SELECT tenant_id, name, language, region, bot_app_id, bot_tenant_id, settings FROM smartcall.tenant

-- name: employee_of
SELECT employee_id, entra_object_id, name_sealed, email_sealed, language, call_through, preferences
FROM smartcall.employee WHERE entra_object_id = $1 AND active

-- name: read_employee
SELECT employee_id, entra_object_id, name_sealed, email_sealed, language, call_through, preferences
FROM smartcall.employee WHERE employee_id = $1 AND active

-- name: read_connection
SELECT connection_id, type, name, settings, secrets_sealed, provider_tenant_id FROM smartcall.connection
WHERE connection_id = $1 AND enabled

-- name: read_operators
SELECT connection_id, type, name, settings, provider_tenant_id FROM smartcall.connection
WHERE kind = 'operator' AND enabled ORDER BY rank, name

-- name: read_connectors
SELECT * FROM smartcall.connectors($1)

-- name: find_connection
-- In the tenant that it belongs to (0001_functions.sql).
SELECT (k.connection).*, k.version FROM smartcall.connection_by_id($1) AS k
