-- Names that moved, as an operator tells them; the repository a page is likely served from; how far a re-extraction is.

-- Of a repository that was renamed or moved, and of a model that is called otherwise now. What is loaded from then on is
-- stored under the new name, and whoever asks for the old one is answered with the new one.
CREATE TABLE known_aliases (
    kind text NOT NULL CHECK (kind IN ('repo', 'model')),
    -- Equal for every spelling of the old name: host/owner/name in lower case; names.model_key with "plus" for "+".
    key text NOT NULL,
    -- The old name as repos.key or model_aliases.key has it.
    old_key text NOT NULL,
    -- As given, and as it is spelled now. new_key is to new what old_key is to old.
    old text NOT NULL,
    new text NOT NULL,
    new_key text NOT NULL,
    -- Where the chain that begins here ends: new of the last one. Kept by the only writer, service/ingest/alias_table.py.
    leads_to text NOT NULL,
    leads_to_key text NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, key),
    CHECK (key <> leads_to_key)
);
CREATE INDEX known_aliases_leads_to ON known_aliases (kind, leads_to_key);

-- Where these keys lead, those that are old names.
CREATE FUNCTION known_targets(asked_kind text, asked text[]) RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT leads_to_key FROM known_aliases
    WHERE kind = asked_kind AND key = ANY(ARRAY(
        SELECT CASE asked_kind WHEN 'model' THEN replace(one, '+', 'plus') ELSE one END FROM unnest(asked) AS one
    ))
$$;

-- These keys, those that they lead to, and those that lead to the same: a paper is found under the one name and the
-- other, whether it was loaded before the alias was known or after.
CREATE FUNCTION known_keys(asked_kind text, asked text[]) RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    WITH found AS (SELECT unnest(asked) AS key UNION SELECT known_targets(asked_kind, asked))
    SELECT key FROM found
    UNION
    SELECT old_key FROM known_aliases WHERE kind = asked_kind AND leads_to_key = ANY(ARRAY(SELECT key FROM found))
$$;

-- https://github.com/o/n for https://o.github.io/n. Never a fact, so it is in no other table.
ALTER TABLE paper_links ADD COLUMN guessed_repo text;

-- Each place now says what its sentence says of the repository. `colophon extract --again` asks it of those before.
UPDATE paper_repos SET evidence = (
    SELECT jsonb_agg(item || '{"official": "unknown"}' ORDER BY place)
    FROM jsonb_array_elements(evidence) WITH ORDINALITY AS found (item, place)
) WHERE evidence <> '[]';

-- One row a run of `colophon extract --again`. A run that was stopped goes on behind last_paper_id.
CREATE TABLE extractions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    -- What the extraction depends on beside the records: its code, its lexicon, the known aliases. When it changes while
    -- a run is not finished, the run begins anew.
    version text NOT NULL,
    last_paper_id bigint NOT NULL DEFAULT -1,
    papers bigint NOT NULL DEFAULT 0,
    changed bigint NOT NULL DEFAULT 0,
    repos_added bigint NOT NULL DEFAULT 0,
    repos_removed bigint NOT NULL DEFAULT 0,
    models_added bigint NOT NULL DEFAULT 0,
    models_removed bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX extractions_unfinished ON extractions ((true)) WHERE finished_at IS NULL;
