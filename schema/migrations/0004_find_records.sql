-- What the loader finds the records by that an arriving one may belong with.

-- names.hash_id of names.title_key of the record's own title; its paper's title may be another record's.
ALTER TABLE records ADD COLUMN title_hash bigint NOT NULL;
CREATE INDEX records_title_hash ON records (title_hash, paper_id);

-- Two models may share a spelling ("FooNet", "Foo Net"), whichever came first.
ALTER TABLE model_aliases DROP CONSTRAINT model_aliases_pkey, ADD PRIMARY KEY (key, model_id);
