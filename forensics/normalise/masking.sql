-- Secrets never reach the case: they are cut out of the text of a record before it is stored.
-- Names of fields must end in a secret's name: `token_type`, `cvc_check`, `secretId`
-- and `clientRequestToken` (an idempotency key) are none.

-- Fields whose name says that their value is secret.
CREATE OR REPLACE MACRO secret_name() AS
    '(?:[\w. -]*(?:password|passwd|pwd|passphrase|passcode|secret|secret[_-]?(?:access[_-]?)?(?:key|string|value|binary)'
    || '|(?:access|auth|oauth|authentication|id|refresh|session|security|bearer|api|csrf|xsrf|webhook|bot|user|device|push|deploy|private|service|jwt|login|reset|verification|invite|vault)[_-]?tokens?'
    || '|authorization|(?:api|access|private|signing|encryption|session|ssh|account)[_-]?key|credentials?|cookies?|cvc|cvv2?|security[_-]?code)|token|pin)';

-- The value of such a field, whatever it is but an object: in JSON; in JSON inside a JSON string;
-- nested deeper; as a pair of name and value; in the query of a URL.
CREATE OR REPLACE MACRO mask_fields(value, name) AS regexp_replace(
    value,
    '(?i)'
    || '("' || name || '(")\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|-?[0-9][0-9.eE+-]*|\[\s*"(?:[^"\\]|\\.)*(?:"\s*,\s*"(?:[^"\\]|\\.)*)*(?:"\s*\])?)'
    || '|(\\"' || name || '(\\")\s*:\s*)(?:\\"(?:[^"\\]|\\\\(?:\\["\\]|[^"\\]))*(?:\\")?|-?[0-9][0-9.eE+-]*)'
    || '|(\\\\\\+"' || name || '(\\+")\s*:\s*)(?:\\+"[^"\\]*(?:\\+")?|-?[0-9][0-9.eE+-]*)'
    || '|("(?:key|name)"\s*:\s*"' || name
    || '(")\s*,\s*"value"\s*:\s*(?:\{\s*"\w+"\s*:\s*(?:\{\s*"values"\s*:\s*\[\s*\{\s*"\w+"\s*:\s*)?)?)"(?:[^"\\]|\\.)*"?'
    || '|([?&](?:' || name || '|sig|signature|x-amz-signature)=)[^&"\\\s]+',
    '\1\3\5\7\9\2\4\6\8‹masked›\2\4\6\8',
    'g'
);

-- What looks like a credential wherever it stands.
CREATE OR REPLACE MACRO mask_shaped(value) AS regexp_replace(
    value,
    '\b[rs]k_(?:live|test)_[A-Za-z0-9]{8,}|\bwhsec_[A-Za-z0-9+/=]{8,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b'
    || '|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}'
    || '|\bgh[opsu]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{16,}|\bAIza[A-Za-z0-9_-]{30,}'
    || '|\bsk-(?:[a-z]+-)*[A-Za-z0-9]{20,}[A-Za-z0-9_-]*|\bnpm_[A-Za-z0-9]{30,}'
    || '|-----BEGIN [A-Z ]*PRIVATE KEY-----[^"]*'
    || '|((?i:\b(?:bearer|basic)(?:\s|\\[nrt])+))[A-Za-z0-9._~+/=-]{8,}'
    || '|(:\\*/\\*/[^/\s:@"]*:)[^@/\s"]+(@)',
    '\1\2‹masked›\3',
    'g'
);

-- The check digit of ISO/IEC 7812: every second digit from the right counts twice.
CREATE OR REPLACE MACRO passes_luhn(digits) AS list_sum(list_transform(
    range(length(digits)),
    lambda place: CASE
        WHEN (length(digits) - place) % 2 = 1 THEN digits[place + 1]::INT
        ELSE (digits[place + 1]::INT * 2) // 10 + (digits[place + 1]::INT * 2) % 10
    END
)) % 10 = 0;

-- A number that the brands could have issued and whose check digit is right (Luhn, ISO/IEC 7812);
-- other long numbers, such as ids and times, stay.
CREATE OR REPLACE MACRO card_numbers(value) AS list_filter(
    regexp_extract_all(
        value,
        '(?:^|[^\w.-]|\\[bfnrt]|\\u[0-9A-Fa-f]{4})((?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|6(?:011|4[4-9][0-9]|5[0-9]{2}|2[0-9]{2})|35[2-8][0-9]|3[47][0-9]{2}|3(?:0[0-5]|[68][0-9])[0-9])(?:[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{2,7}|[ -]?[0-9]{6}[ -]?[0-9]{4,5}))\b',
        1
    ),
    lambda candidate: passes_luhn(regexp_replace(candidate, '[ -]', '', 'g'))
);

-- A card number that is a JSON number needs quotes once it is a word.
CREATE OR REPLACE MACRO without_cards(value, numbers) AS list_reduce(
    numbers, lambda masked, number: replace(masked, number, '‹card›'), value
);
CREATE OR REPLACE MACRO without_bare_cards(value, numbers) AS list_reduce(
    numbers,
    lambda masked, number: regexp_replace(
        masked, '([:,\[]\s*)' || number || '(?:[.][0-9]+)?(\s*[,}\]])', '\1"‹card›"\2', 'g'
    ),
    value
);
CREATE OR REPLACE MACRO mask_cards(value) AS CASE
    WHEN NOT regexp_matches(value, '[2-6]([0-9][ -]?){12}') THEN value
    WHEN json_valid(without_cards(value, card_numbers(value))) OR NOT json_valid(value)
        THEN without_cards(value, card_numbers(value))
    ELSE without_cards(without_bare_cards(value, card_numbers(value)), card_numbers(value))
END;

-- The list binds the text to a name, or it would be masked again for every mention of it.
CREATE OR REPLACE MACRO mask(value) AS CASE
    WHEN may_hold_secret(value) THEN list_transform(
        [mask_shaped(mask_fields(value, secret_name()))], lambda masked: mask_cards(masked)
    )[1]
    ELSE value
END;
