using System.Text.Encodings.Web;
using System.Text.Json;

namespace VirtHandover.Bench.Results;

/// <summary>The raw results on disk. Written after each part, so that a run that ends early leaves what it has.</summary>
internal static class ResultsFile
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        IndentSize = 1,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void Save<T>(string path, T results)
    {
        var next = path + ".new";
        File.WriteAllText(next, JsonSerializer.Serialize(results, Options) + "\n");
        File.Move(next, path, overwrite: true);
    }

    /// <exception cref="BenchException">It is not a file of results.</exception>
    public static T Load<T>(string path)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllText(path), Options)
                ?? throw new BenchException($"{path} is empty.");
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new BenchException($"{path} cannot be read as results: {e.Message}", e);
        }
    }
}
