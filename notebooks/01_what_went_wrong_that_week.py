# %% [markdown]
# # What went wrong in the shop's week?
#
# **Evidence** seven logs of a made-up shop: payments, queue, traces, database changes, cloud audit,
# the shop's own trail, webhooks · **Answer** one incident that runs from a failing payments API to a loop
# between shop and CRM, and some fifty smaller failures.

# %%
import tempfile
from pathlib import Path

import polars as pl

import forensics
from forensics.case.samples import score, week

# %% [markdown]
# Reading and auditing are the same verbs as on the command line.

# %%
sources, truth = week()
case = forensics.open_case(Path(tempfile.mkdtemp()) / "week")
accounts = case.ingest(sources)
audit = case.audit()

# %%
findings = case.findings()
findings.head(10)

# %% [markdown]
# What they cost, a currency each.

# %%
money = findings.select("pattern", "money").explode("money").unnest("money")
money.group_by("pattern", "currency").agg(pl.sum("net")).sort("currency", "net", descending=True)

# %% [markdown]
# How often each pattern was found, and how much was too many.

# %%
case.sql("""
    SELECT pattern, count(*) AS findings, sum(excess) AS too_many
    FROM findings GROUP BY pattern ORDER BY findings DESC, pattern
""")

# %% [markdown]
# The largest incident, in order of time.

# %%
worst = max(audit.incidents, key=lambda incident: len(incident.findings))
for step in worst.story:
    print(step.sentence)

# %%
case.timeline(worst.incident_id)

# %% [markdown]
# A finding has the figure of its detector: here the retries of the incident's storm, and what got through.

# %%
storm = next(
    finding
    for finding in audit.findings
    if finding.incident_id == worst.incident_id and finding.detector == "retry_storm"
)
print(case.picture(storm.finding_id).words())
case.timeline(storm.finding_id)

# %% [markdown]
# How the damage of the week grew.

# %%
case.timeline(kind="growth")

# %% [markdown]
# Every number leads to log lines.

# %%
case.sql("""
    SELECT role, source, source_path, source_line, occurred_at, action, outcome
    FROM evidence JOIN events USING (event_id)
    ORDER BY finding_id, occurred_at LIMIT 10
""")

# %% [markdown]
# The claims above, checked, so that this page cannot go stale.

# %%
marks = score(case, audit, truth)
assert marks.perfect, marks.sentence
for account in accounts:
    counted = account.mapped + account.already_stored + account.quarantined
    assert account.read == counted + sum(account.ignored.values())
