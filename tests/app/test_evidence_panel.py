"""What stands under the headline of searches that are compared."""

from tests.app.test_search import opened, run_all


def test_what_took_unequal_times_is_said_right_under_the_headline(tables):
    page = opened(
        benchmark="formula", dataset="numbers", runs="3", trials="24", strategies=["random_search", "hyperband"]
    )
    run_all(page.run())
    assert not page.exception
    said = [m.value for m in page.markdown]
    headline = next(i for i, value in enumerate(said) if "class='verdict'" in value)
    assert "By then Hyperband had taken" in said[headline + 1]
    page.segmented_control(key="axis").set_value("time").run()
    assert not page.exception and "By then" not in " ".join(m.value for m in page.markdown)
