"""A data scientist logs a run with a model, with nothing but the environment that `mlteam env` gives."""

import sys

import mlflow

name = sys.argv[1]
mlflow.set_experiment(name)
with mlflow.start_run() as run:
    mlflow.log_param("kind", name)
    for step in range(5):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_text(name, "model/MLmodel")
client = mlflow.MlflowClient()
client.create_registered_model(name)
version = client.create_model_version(name, source=f"{run.info.artifact_uri}/model", run_id=run.info.run_id)
client.set_registered_model_alias(name, "champion", version.version)
sys.stdout.write(f"{run.info.run_id}\n")
