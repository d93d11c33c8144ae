namespace VirtHandover.Linux;

/// <summary>Resolves symbolic links below another root, where an absolute link starts from that root and not from ours.</summary>
internal static class RootedPath
{
    private const int MaxLinks = 40;

    /// <summary>Resolves a path.</summary>
    /// <param name="root">The other root, for example <c>/proc/PID/root</c>.</param>
    /// <param name="path">An absolute path in it.</param>
    /// <returns>The path in it without links; null when it does not exist or loops.</returns>
    public static string? Resolve(string root, string path)
    {
        var rest = new Stack<string>(Parts(path));
        var resolved = new List<string>();
        int links = 0;
        while (rest.TryPop(out string? part))
        {
            if (part == "..")
            {
                if (resolved.Count > 0)
                {
                    resolved.RemoveAt(resolved.Count - 1);
                }

                continue;
            }

            string candidate = $"/{string.Join('/', resolved.Append(part))}";
            string? target;
            try
            {
                var info = new FileInfo(root + candidate);
                target = info.LinkTarget;
                if (target is null && !info.Exists && !Directory.Exists(info.FullName))
                {
                    return null;
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return null;
            }

            if (target is null)
            {
                resolved.Add(part);
                continue;
            }

            if (++links > MaxLinks)
            {
                return null;
            }

            if (target.StartsWith('/'))
            {
                resolved.Clear();
            }

            foreach (string step in Parts(target))
            {
                rest.Push(step);
            }
        }

        return $"/{string.Join('/', resolved)}";
    }

    /// <summary>Last part first, as a stack wants them.</summary>
    private static IEnumerable<string> Parts(string path) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").Reverse();
}
