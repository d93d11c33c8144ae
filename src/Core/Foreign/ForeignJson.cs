using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace VirtHandover.Foreign;

/// <summary>
/// The one reader of JSON that somebody else wrote, or that lay on a disk: by its type, and whatever is wrong with it is
/// <see cref="ForeignJsonException"/>. Replies of a QEMU have no type and a reader of their own.
/// </summary>
internal static class ForeignJson
{
#pragma warning disable RS0030 // The one place.

    /// <summary>Reads a text.</summary>
    /// <typeparam name="T">What it says.</typeparam>
    /// <param name="json">Any text.</param>
    /// <param name="type">How it is read.</param>
    /// <exception cref="ForeignJsonException">It says something else, or nothing.</exception>
    internal static T Read<T>(string json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new ForeignJsonException("It is JSON null.", null);
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            throw new ForeignJsonException(exception.Message, exception);
        }
    }

    /// <summary>Reads UTF-8.</summary>
    /// <typeparam name="T">What it says.</typeparam>
    /// <param name="json">Any bytes.</param>
    /// <param name="type">How they are read.</param>
    /// <exception cref="ForeignJsonException">They say something else, or nothing.</exception>
    internal static T Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new ForeignJsonException("It is JSON null.", null);
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            throw new ForeignJsonException(exception.Message, exception);
        }
    }

#pragma warning restore RS0030

    /// <summary>Reads a text where nobody asks what is wrong with it.</summary>
    /// <returns>Null when it says something else, or nothing.</returns>
    internal static T? TryRead<T>(string json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return Read(json, type);
        }
        catch (ForeignJsonException)
        {
            return null;
        }
    }

    /// <summary>Reads UTF-8 where nobody asks what is wrong with it.</summary>
    /// <returns>Null when it says something else, or nothing.</returns>
    internal static T? TryRead<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return Read(json, type);
        }
        catch (ForeignJsonException)
        {
            return null;
        }
    }

    // A kind that is none, half a character, a member that is there twice or belongs to no type, a number that is too large for its own: the reader has
    // an exception for each, and our own types may have another one. All of it comes from the text.
    private static bool IsDamage(Exception exception) => exception is not ForeignJsonException and not OutOfMemoryException;
}
