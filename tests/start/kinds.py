"""Kinds of models, and a script that trains one of them on the iris data."""

KINDS = {
    "k-NN": "sklearn.neighbors.KNeighborsClassifier()",
    "logistic regression": "sklearn.linear_model.LogisticRegression()",
    "ridge": "sklearn.linear_model.RidgeClassifierCV()",
    "random forest": "sklearn.ensemble.RandomForestClassifier(30, random_state=0)",
    "isolation forest": "sklearn.ensemble.IsolationForest(n_estimators=30, random_state=0)",
    "gradient boosting": "sklearn.ensemble.GradientBoostingClassifier(random_state=0)",
    "histogram gradient boosting": "sklearn.ensemble.HistGradientBoostingClassifier(max_iter=20)",
    "stacking": "sklearn.ensemble.StackingClassifier([('n', sklearn.naive_bayes.GaussianNB())])",
    "support vectors": "sklearn.svm.SVC()",
    "neural network": "sklearn.neural_network.MLPClassifier(max_iter=20, random_state=0)",
    "Gaussian process": "sklearn.gaussian_process.GaussianProcessClassifier()",
    "k-means": "sklearn.cluster.KMeans(3, random_state=0)",
    "XGBoost": "xgboost.XGBClassifier(n_estimators=20)",
    "LightGBM": "lightgbm.LGBMClassifier(n_estimators=20, verbose=-1)",
}
TRAIN = """
import pickle, sys, warnings
import numpy as np, sklearn.datasets
warnings.simplefilter("ignore")
from importlib import import_module
for name in ("sklearn." + n for n in ("neighbors", "linear_model", "ensemble", "naive_bayes", "svm",
             "neural_network", "gaussian_process", "cluster", "preprocessing", "pipeline")):
    import_module(name)
package = sys.argv[1].partition(".")[0]
globals()[package] = import_module(package)
X, y = sklearn.datasets.load_iris(return_X_y=True)
model = eval(sys.argv[1])
if package == "sklearn":  # the others' trees need no scaling
    model = sklearn.pipeline.make_pipeline(sklearn.preprocessing.StandardScaler(), model)
open("model.pkl", "wb").write(pickle.dumps(model.fit(X, y)))
"""
