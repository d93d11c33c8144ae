using System.Text.Json;
using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>One property of an object: a value, a link (<c>link&lt;…&gt;</c>) or a child (<c>child&lt;…&gt;</c>).</summary>
internal sealed record QomProperty(string Name, string Type)
{
    /// <summary>The type of the child, or null when this is no child.</summary>
    internal string? ChildType =>
        Type.StartsWith("child<", StringComparison.Ordinal) && Type.EndsWith('>') ? Type[6..^1] : null;
}

/// <summary>QEMU's object tree.</summary>
internal static class QomCommands
{
    /// <summary><c>qom-list</c>.</summary>
    internal static async Task<IReadOnlyList<QomProperty>> QomListAsync(this IQmpChannel qmp, string path, CancellationToken cancellationToken = default) =>
        await qmp.ListAsync("qom-list", new JsonObject { ["path"] = path }, p => new QomProperty(p["name"].Text(), p["type"].Text()), cancellationToken)
            .ConfigureAwait(false);

    /// <summary><c>qom-get</c>.</summary>
    internal static Task<JsonElement> QomGetAsync(this IQmpChannel qmp, string path, string property, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("qom-get", new JsonObject { ["path"] = path, ["property"] = property }, null, cancellationToken);
}
