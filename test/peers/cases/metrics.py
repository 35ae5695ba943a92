"""Measures the same samples as Lightbench does, with scikit-learn and scikit-image."""

import json
import sys
import warnings

import numpy
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn import metrics


def ranked(labels, scores, figure):
    """Mean over the classes that have samples of both kinds (or any, for precision)."""
    values = []
    for k in range(scores.shape[1]):
        truth = labels == k
        if truth.any() and (figure is metrics.average_precision_score or not truth.all()):
            values.append(figure(truth, scores[:, k]))
    return float(numpy.mean(values)) if values else None


def classes(task):
    labels = numpy.asarray(task["labels"])
    logits = numpy.asarray(task["logits"], "float64")
    count = logits.shape[1]
    predicted = logits.argmax(1)
    exponentials = numpy.exp(logits - logits.max(1, keepdims=True))
    p = exponentials / exponentials.sum(1, keepdims=True)
    # Equal logits in another order have sums that differ in the last digit, and are ties all the same.
    scores = p.round(12)
    found = {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "balancedAccuracy": metrics.balanced_accuracy_score(labels, predicted),
        "cohenKappa": metrics.cohen_kappa_score(labels, predicted),
        "rocAuc": ranked(labels, scores, metrics.roc_auc_score),
        "averagePrecision": ranked(labels, scores, metrics.average_precision_score),
    }
    if count > 2:
        for k in (3, 5):
            if k < count:
                # Of equal logits scikit-learn takes the last class, and we take the first, as argmax does.
                found[f"top{k}Accuracy"] = metrics.top_k_accuracy_score(
                    count - 1 - labels, logits[:, ::-1], k=k, labels=range(count)
                )
    found["brierScore"] = (
        metrics.brier_score_loss(labels, p[:, 1], labels=[0, 1])
        if count == 2
        else float(((p - numpy.eye(count)[labels]) ** 2).sum(1).mean())
    )
    for average in ("macro", "weighted"):
        figures = metrics.precision_recall_fscore_support(
            labels, predicted, average=average, zero_division=0
        )
        for name, value in zip(("Precision", "Recall", "F1"), figures):
            found[average + name] = value
    return {
        "figures": {k: None if v is None or numpy.isnan(v) else float(v) for k, v in found.items()},
        "confusion": metrics.confusion_matrix(labels, predicted, labels=range(count)).tolist(),
    }


def images(task):
    a, b = (numpy.asarray(task[name], "float64").reshape(task["shape"]) for name in ("a", "b"))
    ssim = structural_similarity(
        a,
        b,
        data_range=1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        channel_axis=2,
    )
    return {"ssim": float(ssim), "psnr": float(peak_signal_noise_ratio(a, b, data_range=1))}


def main(input_file, result_file):
    warnings.simplefilter("ignore")
    with open(input_file, encoding="utf-8") as file:
        tasks = json.load(file)
    result = {
        "classes": [classes(task) for task in tasks["classes"]],
        "images": [images(task) for task in tasks["images"]],
        "percentiles": numpy.percentile(tasks["values"], tasks["percents"]).tolist(),
    }
    with open(result_file, "w", encoding="utf-8") as file:
        json.dump(result, file)


main(*sys.argv[1:])
