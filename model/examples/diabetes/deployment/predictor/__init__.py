from serving import tabular

MODEL = tabular.model(__file__)
