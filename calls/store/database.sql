-- Questions that stand outside any tenant.

-- name: may_ignore_row_security
SELECT r.rolsuper OR r.rolbypassrls
    OR EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = to_regnamespace('smartcall') AND c.relowner = r.oid)
FROM pg_roles r WHERE r.rolname = current_user

-- name: resolve
SELECT smartcall.resolve($1, $2)

-- name: open_work
SELECT kind, tenant_id, call_id FROM smartcall.open_work($1, $2)

-- name: tenant_ids
SELECT tenant_ids AS tenant_id FROM smartcall.tenant_ids()
