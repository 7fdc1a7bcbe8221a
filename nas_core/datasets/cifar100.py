"""CIFAR-100 (Krizhevsky 2009)."""

from __future__ import annotations

from nas_core.datasets._cifar import SOURCE, Cifar


class Cifar100(Cifar):
    """60,000 colour images of a hundred things; half of the 50,000 training images are for validation."""

    name = "cifar100"
    label = "CIFAR-100"
    classes = 100
    published = "CIFAR-100"
    names = (
        "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel "
        "can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur "
        "dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion "
        "lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree "
        "pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea "
        "seal shark shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank "
        "telephone television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm"
    )
    source = f"CIFAR-100, {SOURCE}"
