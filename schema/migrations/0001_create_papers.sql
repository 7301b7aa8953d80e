-- Papers, the source records they are made of, and what identifies them.
--
-- Ids are 63-bit hashes of what founded the row (service/names.py), so the same file loaded into an
-- empty database gives the same ids, and child rows can be written without asking for their parent's id.
-- Child tables carry paper_id, so that they can be co-located by it.

CREATE TABLE papers (
    id bigint PRIMARY KEY CHECK (id >= 0),
    title text NOT NULL CHECK (title <> ''),
    abstract text NOT NULL DEFAULT '',
    authors text[] NOT NULL DEFAULT '{}',
    -- A day, a month or a year, as given. Calendar-checked by the loader.
    published text CHECK (published ~ '^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$'),
    -- The first day of the period: what dates are sorted and filtered by.
    published_on date GENERATED ALWAYS AS (
        make_date(
            substr(published, 1, 4)::integer,
            coalesce(nullif(substr(published, 6, 2), ''), '1')::integer,
            coalesce(nullif(substr(published, 9, 2), ''), '1')::integer
        )
    ) STORED,
    venue text,
    categories text[] NOT NULL DEFAULT '{}',
    url text,
    pdf_url text,
    license text,
    -- names.fold_title, cut to 200 characters: the order of sort=title, byte by byte.
    title_sort text COLLATE "C" NOT NULL,
    -- SHA-256 of what the paper's records and the extraction made of it; equal digest, nothing to write.
    digest bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- The four orders of a listing. coalesce puts papers without a date last in both directions.
CREATE INDEX papers_newest ON papers (coalesce(published_on, '-infinity'::date) DESC, id DESC);
CREATE INDEX papers_oldest ON papers (coalesce(published_on, 'infinity'::date), id);
CREATE INDEX papers_title ON papers (title_sort, id);

CREATE INDEX papers_venue ON papers (lower(venue) text_pattern_ops) WHERE venue IS NOT NULL;

CREATE FUNCTION lower_all(text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$ SELECT coalesce(array_agg(lower(item) ORDER BY place), '{}') FROM unnest($1) WITH ORDINALITY AS t (item, place) $$;

CREATE INDEX papers_categories ON papers USING gin (lower_all(categories)) WITH (fastupdate = off);

-- Every identifier of a paper: arxiv, doi, acl, openreview, s2, … in the canonical spelling of names.py.
-- Not unique by (scheme, value): a record that fits two contradictory papers stays apart with its ids.
CREATE TABLE external_ids (
    paper_id bigint NOT NULL REFERENCES papers ON DELETE CASCADE,
    scheme text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (paper_id, scheme, value)
);
CREATE INDEX external_ids_value ON external_ids (scheme, value);

-- One row a run of `colophon load` (or later an upload).
CREATE TABLE loads (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    created integer NOT NULL DEFAULT 0,
    updated integer NOT NULL DEFAULT 0,
    unchanged integer NOT NULL DEFAULT 0,
    merged integer NOT NULL DEFAULT 0,
    rejected integer NOT NULL DEFAULT 0
);

-- Every source record, as given. A paper is a pure function of its group of records.
CREATE TABLE records (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    paper_id bigint NOT NULL REFERENCES papers,
    -- Where it came from (daily_papers, jsonl, …) and what it calls the paper there.
    source text NOT NULL,
    source_key text NOT NULL,
    digest bytea NOT NULL,
    -- names.hash_id of names.title_key of its own title: what records without a common id are found by.
    title_hash bigint NOT NULL,
    -- The place: file name, the line its title starts at, and its number in the file, both from 1.
    file text NOT NULL,
    line integer,
    number integer NOT NULL,
    body jsonb NOT NULL,
    load_id bigint NOT NULL REFERENCES loads,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, source_key, digest)
);
CREATE INDEX records_paper_id ON records (paper_id);
CREATE INDEX records_title_hash ON records (title_hash, paper_id);
CREATE INDEX records_source ON records (source, paper_id);

-- Ids that were merged away resolve for ever.
CREATE TABLE merged_papers (
    id bigint PRIMARY KEY,
    paper_id bigint NOT NULL REFERENCES papers,
    merged_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX merged_papers_paper_id ON merged_papers (paper_id);
