"""What may wait, for the versions that it was proved with."""

PROVED = {
    "joblib": "1.6.0", "narwhals": "2.29.0", "numpy": "2.4.6", "scikit-learn": "1.9.1",
    "scipy": "1.17.1",
}

# Packages whose __init__ only imports names from modules inside: each name waits until it is used.
RE_EXPORTING = {
    "joblib", "narwhals._compliant", "narwhals.stable", "narwhals.testing",
    "scipy._lib.array_api_extra", "scipy.integrate._ivp", "scipy.optimize._trustregion_constr",
    "scipy.signal.windows", "sklearn._loss", "sklearn.callback", "sklearn.cluster",
    "sklearn.covariance", "sklearn.cross_decomposition", "sklearn.decomposition",
    "sklearn.ensemble", "sklearn.externals.array_api_extra",
    "sklearn.externals.array_api_extra._agnostic", "sklearn.externals.array_api_extra.testing",
    "sklearn.feature_extraction", "sklearn.feature_selection", "sklearn.frozen",
    "sklearn.gaussian_process", "sklearn.inspection", "sklearn.linear_model",
    "sklearn.linear_model._glm", "sklearn.manifold", "sklearn.metrics",
    "sklearn.metrics._pairwise_distances_reduction", "sklearn.metrics.cluster", "sklearn.mixture",
    "sklearn.neighbors", "sklearn.neural_network", "sklearn.preprocessing",
    "sklearn.semi_supervised", "sklearn.svm", "sklearn.tree", "sklearn.utils",
}

# Packages that few fitted models call: they wait as a whole, with the modules inside.
DEFERRED = {
    "numpy.f2py", "numpy.ma", "numpy.polynomial", "numpy.testing", "scipy.linalg",
    "scipy.sparse.csgraph", "scipy.sparse.linalg", "scipy.spatial", "scipy.spatial.distance",
    "scipy.special", "scipy.stats",
}

# Modules inside that do not need the package, or are not there, though SciPy looks for them.
INDEPENDENT = {
    "scipy.linalg._cblas", "scipy.linalg._clapack", "scipy.linalg._fblas", "scipy.linalg._flapack",
    "scipy.linalg.blas", "scipy.linalg.cython_blas", "scipy.linalg.lapack",
    "scipy.sparse.csgraph._laplacian", "scipy.sparse.linalg._interface",
    "scipy.sparse.linalg._isolve.iterative", "scipy.sparse.linalg._isolve.utils",
    "scipy.special._ellip_harm_2", "scipy.special._special_ufuncs", "scipy.special._ufuncs",
    "scipy.special._ufuncs_cxx",
}

# Names that are imported at every start, and seldom called: the modules inside that define them.
KNOWN = {
    "scipy.linalg.get_lapack_funcs": "scipy.linalg.lapack",
    "scipy.sparse.csgraph.laplacian": "scipy.sparse.csgraph._laplacian",
    "scipy.sparse.linalg.LinearOperator": "scipy.sparse.linalg._interface",
    "scipy.sparse.linalg.cg": "scipy.sparse.linalg._isolve.iterative",
    "scipy.special.boxcox": "scipy.special._ufuncs",
    "scipy.special.inv_boxcox": "scipy.special._ufuncs",
}
