"""The model server: one program on a laptop, on EC2 and in a SageMaker container."""
