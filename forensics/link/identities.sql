-- What names are told apart by, where a number is cheaper to compare than the name.

-- DuckDB hashes a text in blocks of eight bytes, and what differs at the end of one block can be undone at the end of
-- another: of all `told-053.worker/told-053.` one in ten shares its hash. Four bytes put before the name move the bounds
-- of the blocks; leaving out its first four characters would not, where these have two bytes each.
CREATE OR REPLACE MACRO sure_hash(name) AS hash(name, '....' || name);

-- Within whose books names are compared. A log that names no environment is taken for live: few do, and a
-- provider's own always says so.
CREATE OR REPLACE MACRO scope_of(tenant, environment) AS
hash(sure_hash(tenant), coalesce(environment, 'live'));

-- The environment where it is another than live, for what tells scopes apart by name.
CREATE OR REPLACE MACRO beside_live(environment) AS nullif(environment, 'live');
