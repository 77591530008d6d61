CREATE PUBLICATION publication_generated WITH (publish_generated_columns = stored);
