// One host, one set of guests: the tests of a class follow each other, and each class has a lab of its own.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
