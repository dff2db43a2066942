CREATE TABLE runs (
	id INTEGER NOT NULL, 
	run_id VARCHAR(255), 
	snapshot_id VARCHAR(255), 
	pipeline_name TEXT, 
	mode TEXT, 
	status VARCHAR(63), 
	run_body TEXT, 
	partition TEXT, 
	partition_set TEXT, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	update_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	start_time FLOAT, 
	end_time FLOAT, 
	backfill_id VARCHAR(255), 
	PRIMARY KEY (id), 
	UNIQUE (run_id), 
	CONSTRAINT fk_runs_snapshot_id_snapshots_snapshot_id FOREIGN KEY(snapshot_id) REFERENCES snapshots (snapshot_id)
);
INSERT INTO runs VALUES (1, '09c49564-9651-4b00-9a51-3d53428f7fc6', 'e638f8bb132d44d28037282ce327ca3592f8e840', 'settle', NULL, 'SUCCESS', '{"__class__": "PipelineRun", "asset_check_selection": null, "asset_selection": {"__frozenset__": []}, "execution_plan_snapshot_id": "bbc45238d6f30dc188ac6d1ab356a723c617e8b1", "external_pipeline_origin": null, "has_repository_load_data": false, "mode": null, "parent_run_id": null, "partitions_subset": null, "pipeline_code_origin": null, "pipeline_name": "settle", "pipeline_snapshot_id": "e638f8bb132d44d28037282ce327ca3592f8e840", "root_run_id": null, "run_config": {"ops": {"charge": {"config": {"order": "o-1"}}}}, "run_id": "09c49564-9651-4b00-9a51-3d53428f7fc6", "run_op_concurrency": null, "solid_selection": null, "solids_to_execute": null, "status": {"__enum__": "PipelineRunStatus.SUCCESS"}, "step_keys_to_execute": ["charge"], "tags": {}}', NULL, NULL, '2026-11-26 09:06:42.003934', '2026-11-26 09:06:44.843571', 1.79568400204750108e+09, 1.79568400484357094e+09, NULL);
INSERT INTO runs VALUES (2, '61443cf0-1ec3-46ed-bd54-9c2bd01d5fee', 'e638f8bb132d44d28037282ce327ca3592f8e840', 'settle', NULL, 'SUCCESS', '{"__class__": "PipelineRun", "asset_check_selection": null, "asset_selection": {"__frozenset__": []}, "execution_plan_snapshot_id": "bbc45238d6f30dc188ac6d1ab356a723c617e8b1", "external_pipeline_origin": null, "has_repository_load_data": false, "mode": null, "parent_run_id": null, "partitions_subset": null, "pipeline_code_origin": null, "pipeline_name": "settle", "pipeline_snapshot_id": "e638f8bb132d44d28037282ce327ca3592f8e840", "root_run_id": null, "run_config": {"ops": {"charge": {"config": {"order": "o-2"}}}}, "run_id": "61443cf0-1ec3-46ed-bd54-9c2bd01d5fee", "run_op_concurrency": null, "solid_selection": null, "solids_to_execute": null, "status": {"__enum__": "PipelineRunStatus.SUCCESS"}, "step_keys_to_execute": ["charge"], "tags": {}}', NULL, NULL, '2026-11-26 09:06:44.945355', '2026-11-26 09:06:47.195785', 1.79568400497028899e+09, 1.79568400719578504e+09, NULL);
INSERT INTO runs VALUES (3, '83cdfacd-61a3-4376-babb-c7a8567a49ab', 'e638f8bb132d44d28037282ce327ca3592f8e840', 'settle', NULL, 'SUCCESS', '{"__class__": "PipelineRun", "asset_check_selection": null, "asset_selection": {"__frozenset__": []}, "execution_plan_snapshot_id": "bbc45238d6f30dc188ac6d1ab356a723c617e8b1", "external_pipeline_origin": null, "has_repository_load_data": false, "mode": null, "parent_run_id": null, "partitions_subset": null, "pipeline_code_origin": null, "pipeline_name": "settle", "pipeline_snapshot_id": "e638f8bb132d44d28037282ce327ca3592f8e840", "root_run_id": null, "run_config": {"ops": {"charge": {"config": {"order": "o-1"}}}}, "run_id": "83cdfacd-61a3-4376-babb-c7a8567a49ab", "run_op_concurrency": null, "solid_selection": null, "solids_to_execute": null, "status": {"__enum__": "PipelineRunStatus.SUCCESS"}, "step_keys_to_execute": ["charge"], "tags": {}}', NULL, NULL, '2026-11-26 09:06:47.348574', '2026-11-26 09:06:49.051759', 1.7956840073968749e+09, 1.795684009051759e+09, NULL);
