-- How long callees remember an idempotency key: what is declared of a system, else what the provider's own
-- page says, for a callee in whose name the provider's stands as a word. Where the page says "at least", it is
-- the least. Providers that differ from one interface to the next (PayPal) or do not say (Square) are left out.
CREATE OR REPLACE TABLE key_lifetimes (
    "name" VARCHAR,
    lifetime_s DOUBLE,
    provider VARCHAR,
    page VARCHAR
);

INSERT INTO key_lifetimes
VALUES
-- https://developers.akahu.nz/docs/idempotent-requests
('akahu', 86400, 'Akahu', 'Idempotent Requests'),
-- https://www.checkout.com/docs/payments/manage-payments/idempotency
('checkout.com', 86400, 'Checkout.com', 'Idempotency'),
-- https://developers.easyship.com/v2023.01/reference/idempotent-requests
('easyship', 86400, 'Easyship', 'Idempotent Requests'),
-- https://docs.fintoc.com/api/fintoc-api/idempotent-requests
('fintoc', 86400, 'Fintoc', 'Idempotent requests'),
-- https://devdocs.helcim.com/v2.2/docs/idempotency-keys-for-payments
('helcim', 300, 'Helcim', 'Idempotency for Payments'),
-- https://docs.mangopay.com/guide/idempotency-support
('mangopay', 86400, 'Mangopay', 'Idempotency support'),
-- https://docs.qonto.com/get-started/general/idempotent-requests
('qonto', 1800, 'Qonto', 'Idempotent requests'),
-- https://docs.stripe.com/api/idempotent_requests
('stripe', 86400, 'Stripe', 'Idempotent requests'),
-- https://docs.truelayer.com/docs/idempotency-for-payment-requests
('truelayer', 2592000, 'TrueLayer', 'Add idempotency to your payments requests'),
-- https://docs.direct.worldline-solutions.com/en/integration/api-developer-guide/idempotent-requests
('worldline', 86400, 'Worldline', 'Idempotent requests');

-- Of a callee in whose name several stand, the shortest: nobody is told of a key that may be forgotten that it
-- must have been known.
CREATE OR REPLACE MACRO key_lifetime(called) AS (
    SELECT
        arg_min(
            {'lifetime_s': lifetime_s, 'provider': provider, 'page': page},
            (page IS NOT NULL, lifetime_s, "name")
        )
    FROM key_lifetimes
    WHERE
        CASE
            WHEN page IS NULL THEN "name" = called
            ELSE regexp_matches(lower(called), '(^|[^a-z])' || regexp_escape("name") || '([^a-z]|$)')
        END
);
