"""The product pictures of the demo show, modelled and path-traced.

Every object is built here from lathe profiles, curves and rounded boxes; nothing is imported.
Run by `make.sh` with Blender as a Python module (`bpy`): `scenes.py OUT_DIR [NAME ...]`.
"""

import math
import random
import sys
from pathlib import Path

import bpy
from mathutils import Vector

WIDTH, HEIGHT, SAMPLES = 810, 1080, 24


# Materials ---------------------------------------------------------------------------------


def rgb(hexa):
    """sRGB hex to linear RGBA."""
    parts = [int(hexa[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return (*linear, 1.0)


def material(name, colour, rough=0.5, metal=0.0, bump=None, coat=0.0, mottle=None, sheen=0.0):
    """A principled material. `bump` = (noise scale, strength); `mottle` = (second colour, scale)."""
    mat = bpy.data.materials.new(name)
    mat.use_nodes = True
    nodes, links = mat.node_tree.nodes, mat.node_tree.links
    shader = nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = rgb(colour)
    shader.inputs["Roughness"].default_value = rough
    shader.inputs["Metallic"].default_value = metal
    shader.inputs["Coat Weight"].default_value = coat
    shader.inputs["Coat Roughness"].default_value = 0.15
    shader.inputs["Sheen Weight"].default_value = sheen
    coordinates = nodes.new("ShaderNodeTexCoord").outputs["Object"]
    if mottle:
        noise = nodes.new("ShaderNodeTexNoise")
        noise.inputs["Scale"].default_value = mottle[1]
        noise.inputs["Detail"].default_value = 6
        ramp = nodes.new("ShaderNodeValToRGB")
        ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.42, 0.62
        ramp.color_ramp.elements[0].color = rgb(mottle[0])
        ramp.color_ramp.elements[1].color = rgb(colour)
        links.new(coordinates, noise.inputs["Vector"])
        links.new(noise.outputs["Fac"], ramp.inputs["Fac"])
        links.new(ramp.outputs["Color"], shader.inputs["Base Color"])
    if bump:
        noise = nodes.new("ShaderNodeTexNoise")
        noise.inputs["Scale"].default_value = bump[0]
        noise.inputs["Detail"].default_value = 8
        node = nodes.new("ShaderNodeBump")
        node.inputs["Strength"].default_value = bump[1]
        node.inputs["Distance"].default_value = 0.02
        links.new(coordinates, noise.inputs["Vector"])
        links.new(noise.outputs["Fac"], node.inputs["Height"])
        links.new(node.outputs["Normal"], shader.inputs["Normal"])
    return mat


def glaze(name, top, clay, edge):
    """Stoneware: a speckled glaze above, bare clay below `edge` (object Z), a wavy line between."""
    mat = material(name, top, rough=0.32, coat=0.25, bump=(9, 0.12))
    nodes, links = mat.node_tree.nodes, mat.node_tree.links
    shader = nodes["Principled BSDF"]
    coordinates = nodes.new("ShaderNodeTexCoord").outputs["Object"]
    split = nodes.new("ShaderNodeSeparateXYZ")
    wave = nodes.new("ShaderNodeTexNoise")
    wave.inputs["Scale"].default_value = 2.2
    add = nodes.new("ShaderNodeMath")
    add.operation = "MULTIPLY_ADD"
    add.inputs[1].default_value = 0.16
    above = nodes.new("ShaderNodeMapRange")
    above.inputs["From Min"].default_value = edge + 0.08 - 0.008
    above.inputs["From Max"].default_value = edge + 0.08 + 0.008
    speck = nodes.new("ShaderNodeTexVoronoi")
    speck.inputs["Scale"].default_value = 34
    dots = nodes.new("ShaderNodeMapRange")
    dots.inputs["From Min"].default_value, dots.inputs["From Max"].default_value = 0.10, 0.17
    speckled = nodes.new("ShaderNodeMix")
    speckled.data_type = "RGBA"
    speckled.inputs[6].default_value = rgb("6f5a48")
    speckled.inputs[7].default_value = rgb(top)
    body = nodes.new("ShaderNodeMix")
    body.data_type = "RGBA"
    body.inputs[6].default_value = rgb(clay)
    rough = nodes.new("ShaderNodeMapRange")
    rough.inputs["To Min"].default_value, rough.inputs["To Max"].default_value = 0.85, 0.3
    for node in (split, wave, speck):
        links.new(coordinates, node.inputs["Vector"])
    links.new(wave.outputs["Fac"], add.inputs[0])
    links.new(split.outputs["Z"], add.inputs[2])
    links.new(add.outputs["Value"], above.inputs["Value"])
    links.new(speck.outputs["Distance"], dots.inputs["Value"])
    links.new(dots.outputs["Result"], speckled.inputs[0])
    links.new(speckled.outputs[2], body.inputs[7])
    links.new(above.outputs["Result"], body.inputs[0])
    links.new(above.outputs["Result"], rough.inputs["Value"])
    links.new(body.outputs[2], shader.inputs["Base Color"])
    links.new(rough.outputs["Result"], shader.inputs["Roughness"])
    links.new(rough.outputs["Result"], shader.inputs["Coat Roughness"])
    return mat


def linen(name, colour, shade):
    """Woven cloth: two crossed wave textures as bump, a slub in the colour."""
    mat = material(name, colour, rough=0.95, sheen=0.25, mottle=(shade, 14))
    nodes, links = mat.node_tree.nodes, mat.node_tree.links
    uv = nodes.new("ShaderNodeTexCoord").outputs["UV"]
    total = nodes.new("ShaderNodeMath")
    total.operation = "MAXIMUM"
    for index, direction in enumerate(("X", "Y")):
        wave = nodes.new("ShaderNodeTexWave")
        wave.bands_direction = direction
        wave.inputs["Scale"].default_value = 34
        wave.inputs["Distortion"].default_value = 1.2
        wave.inputs["Detail Scale"].default_value = 3
        links.new(uv, wave.inputs["Vector"])
        links.new(wave.outputs["Fac"], total.inputs[index])
    node = nodes.new("ShaderNodeBump")
    node.inputs["Strength"].default_value = 0.55
    node.inputs["Distance"].default_value = 0.012
    links.new(total.outputs["Value"], node.inputs["Height"])
    links.new(node.outputs["Normal"], nodes["Principled BSDF"].inputs["Normal"])
    return mat


def glow(name, colour, strength):
    """Something that shines."""
    mat = material(name, colour)
    shader = mat.node_tree.nodes["Principled BSDF"]
    shader.inputs["Emission Color"].default_value = rgb(colour)
    shader.inputs["Emission Strength"].default_value = strength
    return mat


# Shapes ------------------------------------------------------------------------------------


def mesh(name, points, faces, mat, smooth=True, subdivide=0):
    data = bpy.data.meshes.new(name)
    data.from_pydata(points, [], faces)
    data.update()
    thing = bpy.data.objects.new(name, data)
    bpy.context.collection.objects.link(thing)
    thing.data.materials.append(mat)
    if smooth:
        for polygon in data.polygons:
            polygon.use_smooth = True
    if subdivide:
        modifier = thing.modifiers.new("Subdivision", "SUBSURF")
        modifier.levels = modifier.render_levels = subdivide
    return thing


def lathe(name, profile, mat, steps=96, subdivide=2):
    """A profile of (radius, z) turned around Z."""
    points, faces = [], []
    for radius, z in profile:
        for k in range(steps):
            angle = 2 * math.pi * k / steps
            points.append((radius * math.cos(angle), radius * math.sin(angle), z))
    for i in range(len(profile) - 1):
        for k in range(steps):
            a, b = i * steps + k, i * steps + (k + 1) % steps
            faces.append((a, b, b + steps, a + steps))
    return mesh(name, points, faces, mat, subdivide=subdivide)


def shell(outer, thickness):
    """A vessel's profile from its outer line (bottom to rim): closed bottom, rounded lip, inside."""
    inner = [(max(r - thickness, 0.001), z) for r, z in reversed(outer)]
    floor = outer[0][1] + thickness
    inner = [(r, max(z, floor)) for r, z in inner]
    rim_r, rim_z = outer[-1]
    lip = [(rim_r - thickness * 0.2, rim_z + thickness * 0.45),
           (rim_r - thickness * 0.8, rim_z + thickness * 0.45)]
    return [(0.001, outer[0][1])] + outer + lip + inner + [(0.001, floor)]


def tube(name, points, radius, mat, cyclic=False, flat=1.0):
    """A round (or flattened) rod along a smooth curve."""
    data = bpy.data.curves.new(name, "CURVE")
    data.dimensions = "3D"
    data.resolution_u = 24
    data.use_fill_caps = True
    if flat == 1.0:
        data.bevel_depth = radius
        data.bevel_resolution = 8
    else:
        section = bpy.data.curves.new(name + " section", "CURVE")
        section.dimensions = "2D"
        spline = section.splines.new("POLY")
        spline.points.add(31)
        for k, point in enumerate(spline.points):
            angle = 2 * math.pi * k / 32
            point.co = (radius * math.cos(angle), radius * flat * math.sin(angle), 0, 1)
        spline.use_cyclic_u = True
        holder = bpy.data.objects.new(name + " section", section)
        bpy.context.collection.objects.link(holder)
        holder.hide_render = True
        data.bevel_mode = "OBJECT"
        data.bevel_object = holder
    spline = data.splines.new("BEZIER")
    spline.bezier_points.add(len(points) - 1)
    for bezier, point in zip(spline.bezier_points, points):
        bezier.co = point
        bezier.handle_left_type = bezier.handle_right_type = "AUTO"
    spline.use_cyclic_u = cyclic
    thing = bpy.data.objects.new(name, data)
    bpy.context.collection.objects.link(thing)
    data.materials.append(mat)
    return thing


def box(name, size, at, mat, bevel=0.05, taper=1.0, segments=6):
    """A rounded box; `taper` scales its upper face."""
    x, y, z = (s / 2 for s in size)
    corners = [(-x, -y, -z), (x, -y, -z), (x, y, -z), (-x, y, -z)]
    corners += [(px * taper, py * taper, z) for px, py, _ in corners[:4]]
    faces = [(3, 2, 1, 0), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
    thing = mesh(name, corners, faces, mat)
    modifier = thing.modifiers.new("Bevel", "BEVEL")
    modifier.width, modifier.segments = bevel, segments
    modifier.limit_method = "NONE"
    thing.modifiers.new("Normals", "WEIGHTED_NORMAL")
    thing.location = at
    return thing


# Stage -------------------------------------------------------------------------------------


def stage(colour, sun=(52, 0, -38), warm="ffdfb8", strength=4.4):
    """An empty scene: a seamless plaster backdrop, window light from the left, a soft sky."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = SAMPLES
    scene.cycles.use_denoising = True
    scene.cycles.max_bounces = 8
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.render.image_settings.file_format = "PNG"
    world = bpy.data.worlds.new("sky")
    scene.world = world
    world.use_nodes = True
    sky = world.node_tree.nodes["Background"]
    sky.inputs["Color"].default_value = rgb("dfe6ee")
    sky.inputs["Strength"].default_value = 0.36
    plaster = material("plaster", colour, rough=0.9, bump=(5, 0.12))
    radius, back, points, faces = 1.6, 3.4, [], []
    line = [(-9, 0), (back - radius, 0)]
    line += [(back - radius + radius * math.sin(t), radius - radius * math.cos(t))
             for t in [math.pi / 2 * k / 16 for k in range(1, 17)]]
    line += [(back, 9)]
    for y, z in line:
        points += [(-9, y, z), (9, y, z)]
    for i in range(len(line) - 1):
        faces.append((2 * i, 2 * i + 1, 2 * i + 3, 2 * i + 2))
    mesh("backdrop", points, faces, plaster)
    lamp = bpy.data.lights.new("sun", "SUN")
    lamp.energy, lamp.angle, lamp.color = strength, math.radians(5), rgb(warm)[:3]
    thing = bpy.data.objects.new("sun", lamp)
    thing.rotation_euler = [math.radians(a) for a in sun]
    bpy.context.collection.objects.link(thing)
    area((2.6, -3.2, 3.2), (0, 0, 0.8), 4.0, 60, "fff4e8")
    return scene


def area(at, target, size, energy, colour):
    lamp = bpy.data.lights.new("area", "AREA")
    lamp.size, lamp.energy, lamp.color = size, energy, rgb(colour)[:3]
    thing = bpy.data.objects.new("area", lamp)
    thing.location = at
    thing.rotation_euler = (Vector(target) - Vector(at)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.collection.objects.link(thing)


def point_light(at, energy, colour, radius=0.05):
    lamp = bpy.data.lights.new("bulb", "POINT")
    lamp.energy, lamp.color, lamp.shadow_soft_size = energy, rgb(colour)[:3], radius
    thing = bpy.data.objects.new("bulb", lamp)
    thing.location = at
    bpy.context.collection.objects.link(thing)


def camera(at, target, lens=70, aperture=8.0, focus=None):
    data = bpy.data.cameras.new("camera")
    data.lens = lens
    data.sensor_fit = "VERTICAL"
    data.sensor_height = 36
    data.dof.use_dof = True
    data.dof.aperture_fstop = aperture
    data.dof.focus_distance = (Vector(focus or target) - Vector(at)).length
    thing = bpy.data.objects.new("camera", data)
    thing.location = at
    thing.rotation_euler = (Vector(target) - Vector(at)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.collection.objects.link(thing)
    bpy.context.scene.camera = thing


def plinth(colour, radius=1.15, height=0.32, at=(0, 0)):
    """A low round stone to stand things on. Returns its height."""
    stone = material("stone", colour, rough=0.7, bump=(18, 0.15), mottle=("b9a793", 5))
    e = 0.035
    thing = lathe("plinth", [(0.001, 0), (radius, 0), (radius, e), (radius, height - e),
                             (radius - e * 0.3, height - e * 0.3), (radius - e, height),
                             (0.001, height)], stone, subdivide=1)
    thing.location = (*at, 0)
    return height


# Products ----------------------------------------------------------------------------------


def cup(name, at, turn, mat, scale=1.0):
    outer = [(0.30, 0.0), (0.36, 0.015), (0.41, 0.08), (0.445, 0.22), (0.455, 0.42),
             (0.45, 0.60), (0.445, 0.70)]
    body = lathe(name, shell(outer, 0.035), mat)
    handle = tube(name + " handle", [(0.43, 0, 0.58), (0.56, 0, 0.60), (0.68, 0, 0.47),
                                     (0.62, 0, 0.27), (0.43, 0, 0.20)], 0.046, mat, flat=1.35)
    for part in (body, handle):
        part.location, part.scale = at, (scale,) * 3
        part.rotation_euler[2] = math.radians(turn)


def cups():
    stage("cdbba4")
    mat = glaze("glaze", "e9e1d3", "a5714c", 0.2)
    dark = glaze("dark glaze", "7f8f84", "a5714c", 0.2)
    plate = [(0.30, 0.0), (0.52, 0.02), (0.66, 0.07), (0.72, 0.12)]
    top = plinth("d9cdbb", 1.25, 0.3)
    saucer = lathe("saucer", shell(plate, 0.03), mat)
    saucer.location = (-0.36, -0.12, top)
    cup("front cup", (-0.36, -0.12, top + 0.035), 205, mat)
    cup("back cup", (0.56, 0.32, top), -28, dark)
    tea = material("tea", "8a4a1c", rough=0.08)
    disc = lathe("tea", [(0.001, 0), (0.405, 0)], tea, subdivide=0)
    disc.location = (-0.36, -0.12, top + 0.035 + 0.55)
    camera((0.15, -7.6, 3.5), (0.06, 0, 0.66), lens=58, focus=(-0.36, -0.4, 0.8))


def leaf(at, direction, size, mat, twist):
    """An almond-shaped leaf, slightly folded."""
    along, points, faces = 9, [], []
    for k in range(along):
        t = k / (along - 1)
        width = 0.34 * math.sin(math.pi * t ** 0.8) * size
        lift = 0.12 * math.sin(math.pi * t) * size
        points += [(t * size, -width, lift), (t * size, 0, lift * 0.55), (t * size, width, lift)]
    for k in range(along - 1):
        a = 3 * k
        faces += [(a, a + 1, a + 4, a + 3), (a + 1, a + 2, a + 5, a + 4)]
    thing = mesh("leaf", points, faces, mat, subdivide=1)
    thing.location = at
    thing.rotation_mode = "QUATERNION"
    turn = Vector(direction).to_track_quat("X", "Z")
    thing.rotation_quaternion = turn
    thing.rotation_mode = "XYZ"
    thing.rotation_euler.rotate_axis("X", twist)


def branch(root, tip, bend, leaves, wood, green, seed, foot=None):
    """A twig from root to tip with leaves on its upper part; `foot` is its hidden lower end."""
    dice = random.Random(seed)
    root, tip, bend = Vector(root), Vector(tip), Vector(bend)
    curve = [root.lerp(tip, t) + bend * math.sin(math.pi * t) for t in (0, 0.25, 0.5, 0.75, 1)]
    tube("branch", ([Vector(foot)] if foot else []) + curve, 0.014, wood)
    for k in range(leaves):
        t = 0.3 + 0.7 * k / (leaves - 1)
        at = root.lerp(tip, t) + bend * math.sin(math.pi * t)
        side = 1 if k % 2 else -1
        out = (tip - root).normalized() * 0.5 + Vector((side * 0.8, dice.uniform(-0.5, 0.4), 0.2))
        leaf(at, out, dice.uniform(0.2, 0.3), green, dice.uniform(-0.7, 0.7))


def vase():
    stage("b9bda8")
    outer = [(0.30, 0.0), (0.36, 0.02), (0.52, 0.22), (0.60, 0.50), (0.55, 0.80), (0.38, 1.06),
             (0.225, 1.26), (0.19, 1.44), (0.215, 1.58), (0.25, 1.64)]
    body = lathe("vase", shell(outer, 0.03), material(
        "sand", "e4d6c1", rough=0.8, bump=(30, 0.35), mottle=("d8c6ad", 3)))
    body.location[2] = plinth("cfc3ae", 0.95, 0.22)
    wood = material("wood", "5d4634", rough=0.8)
    green = material("olive leaf", "6d7c55", rough=0.55, mottle=("56653f", 6))
    for k, (tip, bend) in enumerate([((-0.58, 0.1, 2.82), (-0.18, 0, 0)),
                                     ((0.5, 0.0, 2.74), (0.16, 0.05, 0)),
                                     ((0.02, -0.1, 3.0), (0.06, 0, 0))]):
        side = (-1, 1, 0)[k]
        branch((0.09 * side, -0.03 * k, 1.86), tip, bend, 9, wood, green, 7 + k, (0, 0, 1.1))
    camera((-0.3, -8.2, 2.7), (0.0, 0, 1.8), lens=55, focus=(0, -0.5, 1.2))


def lamp():
    stage("b08a72", sun=(60, 0, -55), strength=1.7)
    bpy.context.scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.3
    bpy.data.objects["backdrop"].location[2] = -0.4
    brass = material("brass", "c79a55", rough=0.22, metal=1.0)
    black = material("enamel", "26302c", rough=0.35, coat=0.4)
    inside = material("inside", "f3e3c8", rough=0.5)
    desk = material("oak", "8d6a4b", rough=0.5, bump=(3, 0.05), mottle=("7b5a3d", 2))
    box("desk", (9, 7, 0.3), (0, -1.6, -0.15), desk, bevel=0.04)
    base = lathe("base", [(0.001, 0), (0.50, 0), (0.52, 0.02), (0.52, 0.06), (0.50, 0.085),
                          (0.06, 0.11), (0.05, 0.16), (0.001, 0.16)], black)
    base.location = (-0.55, 0.25, 0)
    tube("stem", [(-0.55, 0.25, 0.1), (-0.55, 0.25, 1.3), (-0.47, 0.2, 2.0), (-0.12, 0.1, 2.36),
                  (0.26, 0.0, 2.32), (0.42, -0.06, 2.12)], 0.03, brass)
    dome = [(0.62 * math.sin(t), 0.62 * math.cos(t) * 0.86)
            for t in [math.pi / 2 * k / 14 for k in range(14, 0, -1)]] + [(0.001, 0.535)]
    shade = lathe("shade", dome, black)
    lining = lathe("lining", [(r * 0.965, z * 0.955) for r, z in dome], inside)
    rim = lathe("rim", [(0.615 + 0.014 * math.cos(a), 0.014 * math.sin(a))
                        for a in [2 * math.pi * k / 12 for k in range(13)]], brass, subdivide=1)
    knob = lathe("knob", [(0.001, 0.70), (0.05, 0.69), (0.055, 0.62), (0.09, 0.56), (0.1, 0.5),
                          (0.001, 0.5)], brass)
    bulb = lathe("bulb", [(0.001, 0.0), (0.09, 0.03), (0.125, 0.12), (0.10, 0.22), (0.05, 0.3),
                          (0.001, 0.3)], glow("filament", "ffcf8a", 9))
    bulb.location = (0, 0, 0.08)
    for part in (shade, lining, rim, knob, bulb):
        part.location = Vector((0.42, -0.06, 1.48)) + Vector(part.location)
        part.rotation_euler = (math.radians(-13), math.radians(9), 0)
    point_light((0.42, -0.12, 1.42), 46, "ffc27a", 0.12)
    book = material("book", "7d3b2e", rough=0.6)
    pages = material("pages", "efe6d4", rough=0.9)
    for k, (cover, turn) in enumerate([(book, 8), (material("book two", "c8b08c", rough=0.7), -5)]):
        for part in (box("cover", (1.05, 0.74, 0.13), (0.62, -0.35, 0.066 + 0.135 * k), cover, 0.012),
                     box("pages", (1.0, 0.745, 0.09), (0.63, -0.357, 0.066 + 0.135 * k), pages, 0.01)):
            part.rotation_euler[2] = math.radians(turn)
    camera((-0.5, -8.3, 2.55), (0.05, 0, 1.32), lens=56, focus=(0.2, -0.3, 1.3))


def headphones():
    stage("c79f90")
    top = plinth("ddd2c4", 1.2, 0.3)
    black = material("soft touch", "2f2d2b", rough=0.5, bump=(120, 0.05))
    leather = material("cushion", "7c5a41", rough=0.55, bump=(70, 0.25))
    metal = material("steel", "cdbfa9", rough=0.25, metal=1.0)
    parts = []
    arc = [(1.0 * 0.80 * math.cos(t), 0, 0.62 + 1.02 * math.sin(t))
           for t in [math.pi * k / 10 for k in range(11)]]
    parts.append(tube("band", arc, 0.05, metal, flat=0.5))
    pad = [(0.76 * math.cos(t), 0, 0.62 + 0.97 * math.sin(t))
           for t in [math.radians(38 + 104 * k / 8) for k in range(9)]]
    parts.append(tube("band pad", pad, 0.12, leather, flat=0.55))
    for side in (-1, 1):
        def turned(thing, shift):
            thing.rotation_euler = (0, math.radians(90 * side), 0)
            thing.location = (side * shift, 0, 0.52)
            thing.scale = (1.18, 1.0, 1.0)
            parts.append(thing)
        turned(lathe("cup", [(0.001, 0.20), (0.27, 0.20), (0.36, 0.17), (0.40, 0.10),
                             (0.41, 0.02), (0.39, -0.02), (0.001, -0.02)], black), 0.76)
        turned(lathe("ring", [(0.28 + 0.012 * math.cos(a), 0.205 + 0.012 * math.sin(a))
                              for a in [2 * math.pi * k / 12 for k in range(13)]], metal,
                     subdivide=1), 0.76)
        turned(lathe("cushion", [(0.30 + 0.105 * math.cos(a), -0.08 + 0.09 * math.sin(a))
                                 for a in [2 * math.pi * k / 20 for k in range(21)]], leather), 0.76)
        turned(lathe("cloth", [(0.001, -0.05), (0.3, -0.05)], material(
            "mesh", "4b4540", rough=1.0), subdivide=0), 0.76)
        parts.append(tube("fork", [(side * 0.79, 0, 0.72), (side * 0.80, 0, 0.86),
                                   (side * 0.785, 0, 1.02)], 0.062, black, flat=0.6))
    hold = bpy.data.objects.new("headphones", None)
    bpy.context.collection.objects.link(hold)
    for part in parts:
        part.parent = hold
    hold.location = (0, 0, top - 0.035)
    hold.rotation_euler[2] = math.radians(34)
    camera((0.0, -7.0, 2.3), (0.0, 0, 1.0), lens=59, focus=(-0.3, -0.6, 0.9))


def stitches(line, mat):
    """Short thread marks along a list of points."""
    for a, b in zip(line[::2], line[1::2]):
        tube("stitch", [a, b], 0.0085, mat)


def arc_flap(width, drop, steps=40):
    """The lower edge of a flap: straight sides, a soft rounded bottom. (x, z) from left to right."""
    line = []
    for k in range(steps + 1):
        t = k / steps
        x = (t - 0.5) * width
        line.append((x, -drop * (1 - abs(2 * t - 1) ** 5)))
    return line


def bag():
    stage("a9b6ba")
    top = plinth("cdbfae", 1.5, 0.2)
    leather = material("leather", "9a5a30", rough=0.42, bump=(55, 0.22), mottle=("8a4d27", 2.5))
    dark = material("edge", "5b311a", rough=0.5)
    brass = material("brass", "cfa25c", rough=0.2, metal=1.0)
    thread = material("thread", "ecdcc0", rough=0.8)
    parts = [box("body", (1.9, 0.62, 1.28), (0, 0, 0.64), leather, bevel=0.12, taper=0.9, segments=10)]
    # The flap: over the top and down the front, a sheet with thickness.
    edge, points, faces = arc_flap(1.60, 0.70), [], []
    rows = [(0.22, 1.27), (0.1, 1.315), (-0.05, 1.325), (-0.2, 1.31), (-0.29, 1.25), (-0.325, 1.14)]
    rows += [None] * 8
    for x, dz in edge:
        for j, row in enumerate(rows):
            if row:
                points.append((x, *row))
            else:
                t = (j - 5) / 8
                z = 1.14 + (dz - 0.02) * t
                points.append((x, -0.325 - 0.03 * t, z))
    n = len(rows)
    for i in range(len(edge) - 1):
        for j in range(n - 1):
            a = i * n + j
            faces.append((a, a + 1, a + n + 1, a + n))
    flap = mesh("flap", points, faces, leather)
    solid = flap.modifiers.new("Solidify", "SOLIDIFY")
    solid.thickness, solid.offset = 0.035, 0
    smooth = flap.modifiers.new("Subdivision", "SUBSURF")
    smooth.levels = smooth.render_levels = 1
    parts.append(flap)
    before = set(bpy.data.objects)
    seam = arc_flap(1.50, 0.63, 116)
    stitches([(x, -0.345 - 0.03 * min(1, -dz / 0.7) - 0.012, 1.14 + dz) for x, dz in seam if dz < -0.05], thread)
    parts += [thing for thing in bpy.data.objects if thing not in before]
    parts.append(box("strap", (0.2, 0.03, 0.42), (0, -0.39, 0.5), leather, 0.012))
    parts.append(box("plate", (0.25, 0.035, 0.13), (0, -0.405, 0.52), brass, 0.015))
    parts.append(box("lock", (0.06, 0.05, 0.06), (0, -0.43, 0.52), brass, 0.015))
    for side in (-1, 1):
        parts.append(tube("ring", [(side * 0.5 + 0.075 * math.cos(a), 0.02, 1.39 + 0.075 * math.sin(a))
                                   for a in [2 * math.pi * k / 8 for k in range(8)]], 0.016, brass, True))
        parts.append(box("tab", (0.13, 0.2, 0.03), (side * 0.5, 0.02, 1.345), leather, 0.012))
    parts.append(tube("handle", [(-0.5, 0.02, 1.44), (-0.46, 0.02, 1.66), (-0.26, 0.02, 1.82),
                                 (0, 0.02, 1.86), (0.26, 0.02, 1.82), (0.46, 0.02, 1.66),
                                 (0.5, 0.02, 1.44)], 0.048, dark, flat=0.8))
    hold = bpy.data.objects.new("bag", None)
    bpy.context.collection.objects.link(hold)
    for part in parts:
        part.parent = hold
    hold.location = (0, 0, top)
    hold.rotation_euler[2] = math.radians(-24)
    camera((0.2, -7.6, 2.5), (0.0, 0, 1.08), lens=62, focus=(0, -0.4, 1.0))


def folded(name, width, depth, layers, gap, mat, lift):
    """Cloth folded back and forth: a serpentine ribbon with thickness."""
    line, half = [], width / 2
    for k in range(layers):
        z = lift + gap * k + gap / 2
        direction = 1 if k % 2 == 0 else -1
        reach = half - 0.012 * ((k * 7) % 5)
        run = [(-reach + 2 * reach * i / 24) * direction for i in range(25)]
        line += [(x, z) for x in run]
        if k < layers - 1:
            centre = direction * reach
            line += [(centre + direction * gap / 2 * math.cos(a), z + gap / 2 + gap / 2 * math.sin(a))
                     for a in [math.pi * (i / 8 - 0.5) for i in range(1, 8)]]
    points, faces, columns = [], [], 28
    dice = random.Random(3)
    ripple = [dice.uniform(-1, 1) * 0.006 for _ in range(columns + 1)]
    for x, z in line:
        for j in range(columns + 1):
            y = depth * (j / columns - 0.5)
            sag = 0.012 * math.sin(5 * x + 2.2 * y) + ripple[j]
            points.append((x, y, z + sag))
    n = columns + 1
    for i in range(len(line) - 1):
        for j in range(columns):
            a = i * n + j
            faces.append((a, a + 1, a + n + 1, a + n))
    thing = mesh(name, points, faces, mat)
    uv = thing.data.uv_layers.new(name="weave")
    length = [0.0]
    for (x0, z0), (x1, z1) in zip(line, line[1:]):
        length.append(length[-1] + math.hypot(x1 - x0, z1 - z0))
    for loop in thing.data.loops:
        i, j = divmod(loop.vertex_index, n)
        uv.data[loop.index].uv = (length[i], depth * j / columns)
    solid = thing.modifiers.new("Solidify", "SOLIDIFY")
    solid.thickness, solid.offset = gap * 0.82, 0
    smooth = thing.modifiers.new("Subdivision", "SUBSURF")
    smooth.levels = smooth.render_levels = 1
    return thing


def blanket():
    stage("d9c29c")
    top = plinth("d8ccba", 1.45, 0.24)
    first = folded("lower blanket", 1.75, 1.3, 5, 0.105, linen("clay", "b4795a", "a56b4d"), top + 0.03)
    second = folded("upper blanket", 1.68, 1.24, 5, 0.105, linen("oat", "e3d8c4", "d6c8b0"), top + 0.59)
    first.rotation_euler[2], second.rotation_euler[2] = math.radians(-33), math.radians(-27)
    wood = material("wood", "5d4634", rough=0.8)
    green = material("olive leaf", "6d7c55", rough=0.55, mottle=("56653f", 6))
    branch((-0.75, -0.1, top + 1.195), (0.75, -0.3, top + 1.215), (0, 0, 0.03), 13, wood, green, 4)
    camera((0.1, -7.6, 3.15), (0.0, 0, 0.9), lens=57, focus=(0, -0.6, 0.9))


SCENES = {"cups": cups, "vase": vase, "lamp": lamp, "headphones": headphones, "bag": bag, "blanket": blanket}


def main():
    out = Path(sys.argv[1])
    for name in sys.argv[2:] or SCENES:
        SCENES[name]()
        bpy.context.scene.render.filepath = str(out / f"{name}.png")
        bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main()
