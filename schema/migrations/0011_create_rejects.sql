-- What a load says of itself: its files, what it left out and why; and which source each field of a paper came from.

-- A file of a load, counted in the transactions that store its batches.
CREATE TABLE load_files (
    load_id bigint NOT NULL REFERENCES loads ON DELETE CASCADE,
    -- In the order they were named, from 0.
    position integer NOT NULL,
    -- As it was named.
    file text NOT NULL,
    created integer NOT NULL DEFAULT 0,
    updated integer NOT NULL DEFAULT 0,
    unchanged integer NOT NULL DEFAULT 0,
    merged integer NOT NULL DEFAULT 0,
    rejected integer NOT NULL DEFAULT 0,
    -- Why reading stopped before the file's end.
    error text,
    finished_at timestamptz,
    PRIMARY KEY (load_id, position)
);

-- An entry that was not loaded. Of a load with very many the first; loads.rejected counts all.
CREATE TABLE rejects (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    load_id bigint NOT NULL REFERENCES loads ON DELETE CASCADE,
    -- The place, as in records.
    file text NOT NULL,
    line integer,
    number integer NOT NULL,
    reason text NOT NULL,
    hint text,
    -- The beginning of the entry as it stands in the file, where the format has it at hand.
    entry text
);
CREATE INDEX rejects_load_id ON rejects (load_id, id);

-- Field -> its source, or {"sources": […], "others": [[source, [value, …]], …]} where several sources say something of it.
-- service/ingest/provenance.py. Empty for papers written before this column was there: colophon extract --again.
ALTER TABLE papers ADD COLUMN provenance jsonb NOT NULL DEFAULT '{}';
