namespace VirtHandover.Tests.Unit;

/// <summary>Files below <c>tests/corpus</c>, copied beside the tests.</summary>
internal static class Corpus
{
    public static string Directory { get; } = Path.Combine(AppContext.BaseDirectory, "corpus");

    public static IEnumerable<string> Files(string below)
    {
        string[] files = System.IO.Directory.GetFiles(Path.Combine(Directory, below));
        return files.Length > 0 ? files.Order(StringComparer.Ordinal) : throw new InvalidOperationException($"The corpus {below} is empty.");
    }
}
