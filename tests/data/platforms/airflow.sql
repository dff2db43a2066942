CREATE TABLE dag_run (
	id INTEGER NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	queued_at TIMESTAMP, 
	logical_date TIMESTAMP, 
	start_date TIMESTAMP, 
	end_date TIMESTAMP, 
	state VARCHAR(50), 
	run_id VARCHAR(250) NOT NULL, 
	creating_job_id INTEGER, 
	run_type VARCHAR(50) NOT NULL, 
	triggered_by VARCHAR(50), 
	triggering_user_name VARCHAR(512), 
	conf JSON, 
	data_interval_start TIMESTAMP, 
	data_interval_end TIMESTAMP, 
	run_after TIMESTAMP NOT NULL, 
	last_scheduling_decision TIMESTAMP, 
	log_template_id INTEGER, 
	created_at TIMESTAMP, 
	updated_at TIMESTAMP, 
	clear_number INTEGER DEFAULT '0' NOT NULL, 
	backfill_id INTEGER, 
	bundle_version VARCHAR(250), 
	scheduled_by_job_id INTEGER, 
	context_carrier JSON, 
	span_status VARCHAR(250) DEFAULT 'not_started' NOT NULL, 
	created_dag_version_id CHAR(32), 
	partition_key VARCHAR(250), 
	partition_date TIMESTAMP, 
	CONSTRAINT dag_run_pkey PRIMARY KEY (id), 
	CONSTRAINT dag_run_dag_id_run_id_key UNIQUE (dag_id, run_id), 
	CONSTRAINT dag_run_dag_id_logical_date_key UNIQUE (dag_id, logical_date), 
	CONSTRAINT task_instance_log_template_id_fkey FOREIGN KEY(log_template_id) REFERENCES log_template (id) ON DELETE NO ACTION, 
	CONSTRAINT dag_run_backfill_id_fkey FOREIGN KEY(backfill_id) REFERENCES backfill (id), 
	CONSTRAINT created_dag_version_id_fkey FOREIGN KEY(created_dag_version_id) REFERENCES dag_version (id) ON DELETE set null
);
INSERT INTO dag_run VALUES (1, 'settle', NULL, '2026-11-26 09:09:16.268352', '2026-11-26 09:09:16.268352', '2026-11-26 09:09:36.330449', 'success', 'manual__2026-11-26T09:09:17.212133+00:00', NULL, 'manual', 'TEST', 'dag_test', '{"order": "o-1"}', '2026-11-26 09:09:16.268352', '2026-11-26 09:09:16.268352', '2026-11-26 09:09:17.212133', '2026-11-26 09:09:36.328546', 2, '2026-11-26 09:09:17.340708', '2026-11-26 09:09:36.346402', 0, NULL, NULL, NULL, '{"__var": {"traceparent": "00-b1985180b7cab8c0fcd94fb006b8163f-bdb883f99a67af44-00"}, "__type": "dict"}', 'not_started', '01a2171d7775751ca2b31ff93a412925', NULL, NULL);
INSERT INTO dag_run VALUES (2, 'settle', NULL, '2026-11-26 09:10:01.035856', '2026-11-26 09:10:01.035856', '2026-11-26 09:10:22.716749', 'success', 'manual__2026-11-26T09:10:02.563555+00:00', NULL, 'manual', 'TEST', 'dag_test', '{"order": "o-2"}', '2026-11-26 09:10:01.035856', '2026-11-26 09:10:01.035856', '2026-11-26 09:10:02.563555', '2026-11-26 09:10:22.689550', 2, '2026-11-26 09:10:02.662423', '2026-11-26 09:10:22.721193', 0, NULL, NULL, NULL, '{"__var": {"traceparent": "00-4c492f1b4325b47fb96fd458cc135a54-7e4ef83191499a7f-00"}, "__type": "dict"}', 'not_started', '01a2171d7775751ca2b31ff93a412925', NULL, NULL);
INSERT INTO dag_run VALUES (3, 'settle', NULL, '2026-11-26 09:10:48.660620', '2026-11-26 09:10:48.660620', '2026-11-26 09:11:08.490170', 'success', 'manual__2026-11-26T09:10:50.565345+00:00', NULL, 'manual', 'TEST', 'dag_test', '{"order": "o-1"}', '2026-11-26 09:10:48.660620', '2026-11-26 09:10:48.660620', '2026-11-26 09:10:50.565345', '2026-11-26 09:11:08.488276', 2, '2026-11-26 09:10:50.738596', '2026-11-26 09:11:08.496478', 0, NULL, NULL, NULL, '{"__var": {"traceparent": "00-c1d661ff767957c63953296527cc63b9-746ee805b5f5e548-00"}, "__type": "dict"}', 'not_started', '01a2171d7775751ca2b31ff93a412925', NULL, NULL);
CREATE TABLE task_instance (
	id CHAR(32) NOT NULL, 
	task_id VARCHAR(250) NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	run_id VARCHAR(250) NOT NULL, 
	map_index INTEGER DEFAULT '-1' NOT NULL, 
	start_date TIMESTAMP, 
	end_date TIMESTAMP, 
	duration FLOAT, 
	state VARCHAR(20), 
	try_number INTEGER NOT NULL, 
	max_tries INTEGER DEFAULT '-1' NOT NULL, 
	hostname VARCHAR(1000), 
	unixname VARCHAR(1000), 
	pool VARCHAR(256) NOT NULL, 
	pool_slots INTEGER NOT NULL, 
	queue VARCHAR(256), 
	priority_weight INTEGER, 
	operator VARCHAR(1000), 
	custom_operator_name VARCHAR(1000), 
	queued_dttm TIMESTAMP, 
	scheduled_dttm TIMESTAMP, 
	queued_by_job_id INTEGER, 
	last_heartbeat_at TIMESTAMP, 
	pid INTEGER, 
	executor VARCHAR(1000), 
	executor_config BLOB, 
	updated_at TIMESTAMP, 
	rendered_map_index VARCHAR(250), 
	context_carrier JSON, 
	span_status VARCHAR(250) DEFAULT 'not_started' NOT NULL, 
	external_executor_id TEXT, 
	trigger_id INTEGER, 
	trigger_timeout TIMESTAMP, 
	next_method VARCHAR(1000), 
	next_kwargs JSON, 
	task_display_name VARCHAR(2000), 
	dag_version_id CHAR(32), 
	retry_delay_override FLOAT, 
	retry_reason VARCHAR(500), 
	CONSTRAINT task_instance_pkey PRIMARY KEY (id), 
	CONSTRAINT task_instance_composite_key UNIQUE (dag_id, task_id, run_id, map_index), 
	CONSTRAINT task_instance_trigger_id_fkey FOREIGN KEY(trigger_id) REFERENCES "trigger" (id) ON DELETE CASCADE, 
	CONSTRAINT task_instance_dag_run_fkey FOREIGN KEY(dag_id, run_id) REFERENCES dag_run (dag_id, run_id) ON DELETE CASCADE, 
	CONSTRAINT task_instance_dag_version_id_fkey FOREIGN KEY(dag_version_id) REFERENCES dag_version (id) ON DELETE RESTRICT
);
INSERT INTO task_instance VALUES ('01a2171dc7c17323937e67d3b12f1679', 'charge', 'settle', 'manual__2026-11-26T09:09:17.212133+00:00', -1, '2026-11-26 09:09:22.611288', '2026-11-26 09:09:36.273825', 13.662537, 'success', 1, 2, 'vm', 'root', 'default_pool', 1, 'default', 1, '_PythonDecoratedOperator', '@task', NULL, '2026-11-26 09:09:17.603544', NULL, '2026-11-26 09:09:36.056241', 28031, NULL, X'80057D942E', '2026-11-26 09:09:36.321406', NULL, '{"__var": {"traceparent": "00-b1985180b7cab8c0fcd94fb006b8163f-bdb883f99a67af44-00"}, "__type": "dict"}', 'not_started', NULL, NULL, NULL, NULL, 'null', 'charge', '01a2171d7775751ca2b31ff93a412925', NULL, NULL);
INSERT INTO task_instance VALUES ('01a2171ec5ec747b92ef8a9ad6fcc6f2', 'charge', 'settle', 'manual__2026-11-26T09:10:02.563555+00:00', -1, '2026-11-26 09:10:22.485566', '2026-11-26 09:10:22.549285', 0.063719, 'success', 3, 2, 'vm', 'root', 'default_pool', 1, 'default', 1, '_PythonDecoratedOperator', '@task', NULL, '2026-11-26 09:10:22.458475', NULL, '2026-11-26 09:10:22.505828', 29089, NULL, X'80057D942E', '2026-11-26 09:10:22.673969', NULL, '{"__var": {"traceparent": "00-4c492f1b4325b47fb96fd458cc135a54-7e4ef83191499a7f-00"}, "__type": "dict"}', 'not_started', NULL, NULL, NULL, NULL, 'null', 'charge', '01a2171d7775751ca2b31ff93a412925', NULL, NULL);
INSERT INTO task_instance VALUES ('01a2171f34987614b2db26f8eadb38c6', 'charge', 'settle', 'manual__2026-11-26T09:10:50.565345+00:00', -1, '2026-11-26 09:10:55.625974', '2026-11-26 09:11:08.115117', 12.489143, 'success', 1, 2, 'vm', 'root', 'default_pool', 1, 'default', 1, '_PythonDecoratedOperator', '@task', NULL, '2026-11-26 09:10:51.008265', NULL, '2026-11-26 09:11:07.916478', 31034, NULL, X'80057D942E', '2026-11-26 09:11:08.474219', NULL, '{"__var": {"traceparent": "00-c1d661ff767957c63953296527cc63b9-746ee805b5f5e548-00"}, "__type": "dict"}', 'not_started', NULL, NULL, NULL, NULL, 'null', 'charge', '01a2171d7775751ca2b31ff93a412925', NULL, NULL);
CREATE TABLE task_instance_history (
	task_instance_id CHAR(32) NOT NULL, 
	task_id VARCHAR(250) NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	run_id VARCHAR(250) NOT NULL, 
	map_index INTEGER DEFAULT '-1' NOT NULL, 
	try_number INTEGER NOT NULL, 
	start_date TIMESTAMP, 
	end_date TIMESTAMP, 
	duration FLOAT, 
	state VARCHAR(20), 
	max_tries INTEGER DEFAULT '-1', 
	hostname VARCHAR(1000), 
	unixname VARCHAR(1000), 
	pool VARCHAR(256) NOT NULL, 
	pool_slots INTEGER NOT NULL, 
	queue VARCHAR(256), 
	priority_weight INTEGER, 
	operator VARCHAR(1000), 
	custom_operator_name VARCHAR(1000), 
	queued_dttm TIMESTAMP, 
	scheduled_dttm TIMESTAMP, 
	queued_by_job_id INTEGER, 
	pid INTEGER, 
	executor VARCHAR(1000), 
	executor_config BLOB, 
	updated_at TIMESTAMP, 
	rendered_map_index VARCHAR(250), 
	context_carrier JSON, 
	span_status VARCHAR(250) DEFAULT 'not_started' NOT NULL, 
	external_executor_id TEXT, 
	trigger_id INTEGER, 
	trigger_timeout DATETIME, 
	next_method VARCHAR(1000), 
	next_kwargs JSON, 
	task_display_name VARCHAR(2000), 
	dag_version_id CHAR(32), 
	retry_delay_override FLOAT, 
	retry_reason VARCHAR(500), 
	CONSTRAINT task_instance_history_pkey PRIMARY KEY (task_instance_id), 
	CONSTRAINT task_instance_history_ti_fkey FOREIGN KEY(dag_id, task_id, run_id, map_index) REFERENCES task_instance (dag_id, task_id, run_id, map_index) ON DELETE CASCADE ON UPDATE CASCADE, 
	CONSTRAINT task_instance_history_dtrt_uq UNIQUE (dag_id, task_id, run_id, map_index, try_number)
);
INSERT INTO task_instance_history VALUES ('01a2171e78d37ea5acd985e77823ec58', 'charge', 'settle', 'manual__2026-11-26T09:10:02.563555+00:00', -1, 1, '2026-11-26 09:10:07.645443', '2026-11-26 09:10:22.011983', 14.36654, 'failed', 2, 'vm', 'root', 'default_pool', 1, 'default', 1, '_PythonDecoratedOperator', '@task', NULL, '2026-11-26 09:10:02.860880', NULL, 29089, NULL, X'80057D942E', '2026-11-26 09:10:21.698240', NULL, '{"__var": {"traceparent": "00-4c492f1b4325b47fb96fd458cc135a54-7e4ef83191499a7f-00"}, "__type": "dict"}', 'not_started', NULL, NULL, NULL, NULL, 'null', 'charge', '01a2171d7775751ca2b31ff93a412925', NULL, NULL);
INSERT INTO task_instance_history VALUES ('01a2171ec4ba71f98a41600fc0cf7592', 'charge', 'settle', 'manual__2026-11-26T09:10:02.563555+00:00', -1, 2, '2026-11-26 09:10:22.341498', '2026-11-26 09:10:22.436754', 0.095256, 'failed', 2, 'vm', 'root', 'default_pool', 1, 'default', 1, '_PythonDecoratedOperator', '@task', NULL, '2026-11-26 09:10:22.295391', NULL, 29089, NULL, X'80057D942E', '2026-11-26 09:10:22.369215', NULL, '{"__var": {"traceparent": "00-4c492f1b4325b47fb96fd458cc135a54-7e4ef83191499a7f-00"}, "__type": "dict"}', 'not_started', NULL, NULL, NULL, NULL, 'null', 'charge', '01a2171d7775751ca2b31ff93a412925', NULL, NULL);
CREATE TABLE log (
	id INTEGER NOT NULL, 
	dttm TIMESTAMP, 
	dag_id VARCHAR(250), 
	task_id VARCHAR(250), 
	map_index INTEGER, 
	event VARCHAR(60) NOT NULL, 
	logical_date TIMESTAMP, 
	run_id VARCHAR(250), 
	owner VARCHAR(500), 
	owner_display_name VARCHAR(500), 
	extra TEXT, 
	try_number INTEGER, 
	CONSTRAINT log_pkey PRIMARY KEY (id)
);
INSERT INTO log VALUES (1, '2026-11-26 09:08:53.668972', NULL, NULL, NULL, 'cli_dag_reserialize', NULL, NULL, 'root', NULL, '{"host_name": "vm", "full_command": "[''a/bin/airflow'', ''dags'', ''reserialize'']"}', NULL);
INSERT INTO log VALUES (2, '2026-11-26 09:09:14.686221', 'settle', NULL, NULL, 'cli_dag_test', NULL, NULL, 'root', NULL, '{"host_name": "vm", "full_command": "[''a/bin/airflow'', ''dags'', ''test'', ''settle'', ''-c'', ''{\"order\": \"o-1\"}'']"}', NULL);
INSERT INTO log VALUES (3, '2026-11-26 09:09:36.056115', 'settle', 'charge', -1, 'running', '2026-11-26 09:09:16.268352', 'manual__2026-11-26T09:09:17.212133+00:00', 'airflow', NULL, '{"host_name": "vm"}', 1);
INSERT INTO log VALUES (4, '2026-11-26 09:09:36.296533', 'settle', 'charge', -1, 'success', '2026-11-26 09:09:16.268352', 'manual__2026-11-26T09:09:17.212133+00:00', 'airflow', NULL, '{"host_name": "vm"}', 1);
INSERT INTO log VALUES (5, '2026-11-26 09:09:59.586577', 'settle', NULL, NULL, 'cli_dag_test', NULL, NULL, 'root', NULL, '{"host_name": "vm", "full_command": "[''a/bin/airflow'', ''dags'', ''test'', ''settle'', ''-c'', ''{\"order\": \"o-2\"}'']"}', NULL);
INSERT INTO log VALUES (6, '2026-11-26 09:10:21.696576', 'settle', 'charge', -1, 'running', '2026-11-26 09:10:01.035856', 'manual__2026-11-26T09:10:02.563555+00:00', 'airflow', NULL, '{"host_name": "vm"}', 1);
INSERT INTO log VALUES (7, '2026-11-26 09:10:22.165222', 'settle', 'charge', -1, 'up_for_retry', '2026-11-26 09:10:01.035856', 'manual__2026-11-26T09:10:02.563555+00:00', 'airflow', NULL, '{"host_name": "vm"}', 1);
INSERT INTO log VALUES (8, '2026-11-26 09:10:22.368636', 'settle', 'charge', -1, 'running', '2026-11-26 09:10:01.035856', 'manual__2026-11-26T09:10:02.563555+00:00', 'airflow', NULL, '{"host_name": "vm"}', 2);
INSERT INTO log VALUES (9, '2026-11-26 09:10:22.445776', 'settle', 'charge', -1, 'up_for_retry', '2026-11-26 09:10:01.035856', 'manual__2026-11-26T09:10:02.563555+00:00', 'airflow', NULL, '{"host_name": "vm"}', 2);
INSERT INTO log VALUES (10, '2026-11-26 09:10:22.505738', 'settle', 'charge', -1, 'running', '2026-11-26 09:10:01.035856', 'manual__2026-11-26T09:10:02.563555+00:00', 'airflow', NULL, '{"host_name": "vm"}', 3);
INSERT INTO log VALUES (11, '2026-11-26 09:10:22.613960', 'settle', 'charge', -1, 'success', '2026-11-26 09:10:01.035856', 'manual__2026-11-26T09:10:02.563555+00:00', 'airflow', NULL, '{"host_name": "vm"}', 3);
INSERT INTO log VALUES (12, '2026-11-26 09:10:47.752772', 'settle', NULL, NULL, 'cli_dag_test', NULL, NULL, 'root', NULL, '{"host_name": "vm", "full_command": "[''a/bin/airflow'', ''dags'', ''test'', ''settle'', ''-c'', ''{\"order\": \"o-1\"}'']"}', NULL);
INSERT INTO log VALUES (13, '2026-11-26 09:11:07.916368', 'settle', 'charge', -1, 'running', '2026-11-26 09:10:48.660620', 'manual__2026-11-26T09:10:50.565345+00:00', 'airflow', NULL, '{"host_name": "vm"}', 1);
INSERT INTO log VALUES (14, '2026-11-26 09:11:08.173852', 'settle', 'charge', -1, 'success', '2026-11-26 09:10:48.660620', 'manual__2026-11-26T09:10:50.565345+00:00', 'airflow', NULL, '{"host_name": "vm"}', 1);
