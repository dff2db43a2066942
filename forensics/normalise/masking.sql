-- Secrets never reach the case: they are cut out of the text of a record before it is stored.

CREATE OR REPLACE MACRO may_hold_secret(text) AS regexp_matches(
    text,
    '(?i)(passw|secret|token|authoriz|api_?key|apikey|credential|private|cookie|sk_live_|sk_test_|rk_live_|whsec_|akia|asia|bearer|eyj|-----begin|xox|ghp_|card|"number"|cvc|cvv)'
);

CREATE OR REPLACE MACRO mask_named(text) AS regexp_replace(
    text,
    '(?i)(\\*"[a-z0-9_.-]*(?:password|passwd|secret|token|authorization|api[_-]?key|credential|private[_-]?key|cookie|session[_-]?key|cvc|cvv)[a-z0-9_.-]*\\*"\s*:\s*\\*")(?:[^"\\]|\\[^"])+',
    '\1‹masked›',
    'g'
);

CREATE OR REPLACE MACRO mask_shaped(text) AS regexp_replace(
    text,
    '(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{8,}|whsec_[A-Za-z0-9+/=]{8,}|(?:AKIA|ASIA)[A-Z0-9]{16}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*|(?i:bearer\s+)[A-Za-z0-9._~+/=-]{12,}|xox[abprs]-[A-Za-z0-9-]{10,}|gh[pousr]_[A-Za-z0-9]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY-----[^"]*',
    '‹masked›',
    'g'
);

-- Card numbers as the brands issue them; other long numbers (ids, times) stay.
CREATE OR REPLACE MACRO mask_cards(text) AS regexp_replace(
    text,
    '\b(?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|6011|65[0-9]{2}|3[47][0-9]{2})[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{3,4}\b',
    '‹card›',
    'g'
);

CREATE OR REPLACE MACRO mask(text) AS
    CASE WHEN may_hold_secret(text) THEN mask_cards(mask_shaped(mask_named(text))) ELSE text END;
