using System.Text;

namespace VirtHandover.Hook;

/// <summary>Reads lines of any input in constant memory: a transaction can have a hundred thousand paths, garbage has no lines.</summary>
internal static class PathReader
{
    /// <summary>PATH_MAX; a longer line is no path and is skipped.</summary>
    internal const int LongestPath = 4096;

    /// <summary>The lines, without their ends; bytes that are no UTF-8 become U+FFFD.</summary>
    internal static IEnumerable<string> Lines(Stream input)
    {
        var buffer = new byte[64 * 1024];
        var line = new byte[LongestPath];
        var length = 0;
        int count;
        while ((count = input.Read(buffer)) > 0)
        {
            for (var i = 0; i < count; i++)
            {
                if (buffer[i] == (byte)'\n')
                {
                    if (length <= LongestPath)
                        yield return Encoding.UTF8.GetString(line, 0, length);
                    length = 0;
                }
                else if (length < LongestPath)
                {
                    line[length++] = buffer[i];
                }
                else
                {
                    length = LongestPath + 1;
                }
            }
        }

        if (length is > 0 and <= LongestPath)
            yield return Encoding.UTF8.GetString(line, 0, length);
    }
}
